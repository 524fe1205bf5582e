import type { ValueKind } from './keywords.ts';
import { type ConfigWords, shown } from './lexer.ts';

/** The values of a line, or what is wrong with it. */
export type ValueReading = { readonly values: readonly string[] } | { readonly problem: string };

/** Reads what stands behind a keyword, in the spelling that `ssh -G` would print. */
export function readValue(kind: ValueKind, { keyword, words, rest }: ConfigWords): ValueReading {
  if (kind === 'other') return { values: [rest] };
  if (kind === 'rest') return { values: [rest.replace(/^[ \t=]+/, '')] };
  if (kind === 'words') {
    if (words.length > 1 && words.includes('none')) return { problem: `${keyword}: "none" stands beside files` };
    return words.length === 0 ? { problem: `"${keyword}" has no value` } : { values: words };
  }
  const [word, extra] = words;
  if (word === undefined || word === '') return { problem: `"${keyword}" has no value` };
  if (extra !== undefined) return { problem: `${keyword}: "${shown(extra)}" is one value too many` };
  const read = READERS[kind];
  const value = read === undefined ? word : read(word);
  return value === undefined
    ? { problem: `${keyword}: "${shown(word)}" is not ${EXPECTED[kind]}` }
    : { values: [value] };
}

const READERS: Partial<Record<ValueKind, (word: string) => string | undefined>> = {
  flag: (word) => (/^(yes|true)$/i.test(word) ? 'yes' : /^(no|false)$/i.test(word) ? 'no' : undefined),
  number: (word) => (/^\d{1,9}$/.test(word) ? String(Number(word)) : undefined),
  port: (word) =>
    /^\d{1,5}$/.test(word) && Number(word) > 0 && Number(word) < 65_536 ? String(Number(word)) : undefined,
  time: (word) => (word === 'none' ? word : secondsOf(word)?.toString()),
  checking: (word) => (/^(yes|true|no|false|off|ask|accept-new)$/i.test(word) ? word.toLowerCase() : undefined),
};

const EXPECTED: Partial<Record<ValueKind, string>> = {
  flag: 'yes or no',
  number: 'a number',
  port: 'a port',
  time: 'a time, e.g. 30 or 1m',
  checking: 'yes, accept-new, ask or no',
};

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Times as sshd_config(5), "TIME FORMATS", has them: `90`, `1m30s`, `2h`. */
function secondsOf(text: string): number | undefined {
  if (!/^(\d{1,9}[smhdw]?)+$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit = 's'] of text.matchAll(/(\d+)([smhdw]?)/gi)) {
    seconds += Number(amount) * (SECONDS[unit.toLowerCase() || 's'] ?? 1);
  }
  return seconds <= 2 ** 31 - 1 ? seconds : undefined;
}
