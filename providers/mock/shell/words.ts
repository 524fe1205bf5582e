import { Cursor } from './cursor.ts';
import { type Modifier, type Part, type Script, SyntaxProblem, type Word } from './syntax.ts';

type ParseScript = (text: string) => Script;

/** Reads one word if one begins here. */
export function readWord(cursor: Cursor, parse: ParseScript): Word | undefined {
  const parts: Part[] = [];
  while (!cursor.done && !/[\s;|&()<>]/.test(cursor.peek())) parts.push(...readPart(cursor, parse));
  return parts.length === 0 ? undefined : parts;
}

/** Reads the text of a here-document, in which only `$` and backslashes work; substitutions are left out. */
export function readHereText(cursor: Cursor): Word {
  const parts: Part[] = [];
  while (!cursor.done) parts.push(...quotedPart(cursor, noSubstitution));
  return parts;
}

function readPart(cursor: Cursor, parse: ParseScript): readonly Part[] {
  const sign = cursor.peek();
  if (sign === "'") return [text(singleQuoted(cursor), true)];
  if (sign === '"') return doubleQuoted(cursor, parse);
  if (sign === '\\') {
    cursor.take();
    return [text(cursor.take().replace('\n', ''), true)];
  }
  if (sign === '$' && cursor.peek(2) === "$'") {
    cursor.take();
    return [text(unescaped(singleQuoted(cursor)), true)];
  }
  if (sign === '$' || sign === '`') return [dollar(cursor, false, parse)];
  return [text(cursor.match(/[^\s;|&()<>'"\\$`]+/y)?.[0] ?? cursor.take(), false)];
}

function singleQuoted(cursor: Cursor): string {
  const quoted = cursor.match(/'([^']*)'/y);
  if (quoted === undefined) throw new SyntaxProblem("unexpected EOF while looking for matching `''");
  return quoted[1] ?? '';
}

function doubleQuoted(cursor: Cursor, parse: ParseScript): readonly Part[] {
  cursor.take();
  // An empty pair of quotes is a word too.
  const parts: Part[] = [text('', true)];
  for (;;) {
    if (cursor.done) throw new SyntaxProblem('unexpected EOF while looking for matching `"\'');
    if (cursor.peek() === '"') {
      cursor.take();
      return parts;
    }
    parts.push(...quotedPart(cursor, parse));
  }
}

function quotedPart(cursor: Cursor, parse: ParseScript): readonly Part[] {
  if (cursor.peek() === '\\') {
    cursor.take();
    const next = cursor.take();
    if (next === '\n') return [];
    return [text('$`"\\'.includes(next) ? next : `\\${next}`, true)];
  }
  if (cursor.peek() === '$' || cursor.peek() === '`') return [dollar(cursor, true, parse)];
  return [text(cursor.match(/[^"\\$`]+/y)?.[0] ?? cursor.take(), true)];
}

function dollar(cursor: Cursor, quoted: boolean, parse: ParseScript): Part {
  if (cursor.peek() === '`') {
    const inner = cursor.match(/`((?:[^`\\]|\\[\s\S])*)`/y)?.[1];
    if (inner === undefined) throw new SyntaxProblem("unexpected EOF while looking for matching ``'");
    return { kind: 'substitution', script: parse(inner.replace(/\\([`\\$])/g, '$1')), quoted };
  }
  if (cursor.peek(3) === '$((') return arithmetic(cursor, quoted, parse);
  if (cursor.peek(2) === '$(') {
    cursor.take(2);
    return { kind: 'substitution', script: parse(upTo(cursor, ')')), quoted };
  }
  if (cursor.peek(2) === '${') return braced(cursor, quoted, parse);
  const name = cursor.match(/\$([A-Za-z_]\w*|[0-9?#@*$!-])/y)?.[1];
  if (name !== undefined) return { kind: 'variable', name, quoted };
  return text(cursor.take(), quoted);
}

function arithmetic(cursor: Cursor, quoted: boolean, parse: ParseScript): Part {
  cursor.take(3);
  const inner = upTo(cursor, ')');
  if (cursor.take() !== ')') throw new SyntaxProblem("unexpected token, wanted `))'");
  return { kind: 'arithmetic', expression: innerWord(inner, parse), quoted };
}

function braced(cursor: Cursor, quoted: boolean, parse: ParseScript): Part {
  cursor.take(2);
  const inner = upTo(cursor, '}');
  const length = /^#([A-Za-z_]\w*|[0-9@*])$/.exec(inner)?.[1];
  if (length !== undefined)
    return { kind: 'variable', name: length, quoted, modifier: { operator: 'length', word: [] } };
  const found = /^([A-Za-z_]\w*|[0-9?#@*])(?:(:-|-|:\+|\+|##|#|%%|%)([\s\S]*))?$/.exec(inner);
  const [, name, operator, rest = ''] = found ?? [];
  if (name === undefined) throw new SyntaxProblem(`\${${inner}}: not part of the simulated shell`);
  if (operator === undefined) return { kind: 'variable', name, quoted };
  const modifier = { operator: operator as Modifier['operator'], word: innerWord(rest, parse) };
  return { kind: 'variable', name, quoted, modifier };
}

function innerWord(inner: string, parse: ParseScript): Word {
  const nested = new Cursor(inner);
  const parts: Part[] = [];
  while (!nested.done) {
    const sign = nested.peek();
    parts.push(...(sign === "'" || sign === '"' ? readPart(nested, parse) : quotedPart(nested, parse)));
  }
  return parts;
}

/** Everything up to the closing sign, which is taken too; quotes and nested pairs are respected. */
function upTo(cursor: Cursor, close: ')' | '}'): string {
  const open = close === ')' ? '(' : '{';
  const from = cursor.at;
  let depth = 1;
  while (!cursor.done) {
    if (cursor.match(/\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"/y) !== undefined) continue;
    const sign = cursor.take();
    if (sign === open) depth += 1;
    if (sign === close) depth -= 1;
    if (depth === 0) return cursor.text.slice(from, cursor.at - 1);
  }
  throw new SyntaxProblem(`unexpected EOF while looking for matching \`${close}'`);
}

/** Backslash escapes as `$'…'`, `echo -e` and `printf` know them. */
export function unescaped(quoted: string): string {
  const plain: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', e: '\x1b', '\\': '\\' };
  return quoted.replace(/\\(?:x([0-9a-fA-F]{1,2})|0?([0-7]{1,3})|([\s\S]))/g, (all, hex, octal, sign) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return plain[sign] ?? (`"'`.includes(sign) ? sign : all);
  });
}

function noSubstitution(): Script {
  throw new SyntaxProblem('command substitution in a here-document is not part of the simulated shell');
}

function text(value: string, quoted: boolean): Part {
  return { kind: 'text', text: value, quoted };
}
