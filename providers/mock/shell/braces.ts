import type { Part, Word } from './syntax.ts';

/** `a{b,c}d` becomes two words and `{1..3}` three, before anything else is worked out. The braces must not be quoted. */
export function expandBraces(word: Word): readonly Word[] {
  for (const [index, part] of word.entries()) {
    if (part.kind !== 'text' || part.quoted) continue;
    const found = /\{([^{}]*,[^{}]*|-?\d+\.\.-?\d+)\}/.exec(part.text);
    if (found === null) continue;
    const [whole, inner = ''] = found;
    const text = (value: string): Part => ({ kind: 'text', text: value, quoted: false });
    const head = [...word.slice(0, index), text(part.text.slice(0, found.index))];
    const tail = [text(part.text.slice(found.index + whole.length)), ...word.slice(index + 1)];
    return choices(inner).flatMap((choice) => expandBraces([...head, text(choice), ...tail]));
  }
  return [word];
}

function choices(inner: string): readonly string[] {
  if (inner.includes(',')) return inner.split(',');
  const [from = 0, to = 0] = inner.split('..').map(Number);
  const step = from <= to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => String(from + index * step));
}
