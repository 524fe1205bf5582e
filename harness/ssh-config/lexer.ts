/** A line of ssh_config, taken apart as ssh does it. */
export interface ConfigWords {
  /** Lower case. */
  readonly keyword: string;
  /** Quotes and escapes are taken off; a comment behind them is gone. */
  readonly words: readonly string[];
  /** Everything behind the keyword, as commands are read. */
  readonly rest: string;
}

/**
 * Reads one line; undefined when it says nothing. Grammar: ssh_config(5): a keyword, blanks or one `=`, and words
 * that may be quoted with `"` or `'`.
 */
export function readConfigLine(line: string): ConfigWords | { readonly problem: string } | undefined {
  const text = line.replace(/^[ \t\r]+|[ \t\r\n\f]+$/g, '');
  if (text === '' || text.startsWith('#')) return undefined;
  const match = /^(?:"([^"]*)"|([^\s="]+))(?:[ \t]*=[ \t]*|[ \t]*)/.exec(text);
  const keyword = match?.[1] ?? match?.[2] ?? '';
  if (match === null || keyword === '') return { problem: 'begins with no keyword' };
  const rest = text.slice(match[0].length);
  if (rest === '') return { problem: `"${shown(keyword)}" has no value` };
  const words = splitWords(rest);
  if (words === undefined) return { problem: `"${shown(keyword)}": a quote is not closed` };
  return { keyword: keyword.toLowerCase(), words, rest };
}

/** Binary rubbish must not reach a terminal. */
export function shown(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > 40 ? `${plain.slice(0, 40)}...` : plain;
}

/** Splits a value into words; undefined when a quote stays open. */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === ' ' || char === '\t') {
      at++;
      continue;
    }
    if (char === '#') break;
    const word = oneWord(text, at);
    if (word === undefined) return undefined;
    words.push(word.text);
    at = word.end;
  }
  return words;
}

function oneWord(text: string, start: number): { readonly text: string; readonly end: number } | undefined {
  let word = '';
  let quote = '';
  let at = start;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === '\\' && (next === '"' || next === "'" || next === '\\' || (quote === '' && next === ' '))) {
      word += next;
      at++;
    } else if (quote === '' && (char === ' ' || char === '\t')) break;
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (quote !== '' && char === quote) quote = '';
    else word += char;
  }
  return quote === '' ? { text: word, end: at } : undefined;
}
