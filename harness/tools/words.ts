import type { Setting } from '../model/setting.ts';
import type { WordRule } from './command.ts';

/** The words after a command's name, told apart. */
export interface SplitWords {
  /** Settings, as they were typed. */
  readonly flags: readonly string[];
  /** What is not ours. */
  readonly words: readonly string[];
  /** False when a `--` is missing between them. */
  readonly isSeparated: boolean;
}

/** Tells settings from the words that are somebody else's. Pure; whether they are right is not judged here. */
export function splitWords(rule: WordRule, typed: readonly string[], rows: readonly Setting[]): SplitWords {
  const at = typed.indexOf('--');
  switch (rule) {
    case 'none':
      return { flags: typed, words: [], isSeparated: true };
    case 'action':
      return typed[0]?.startsWith('-') === false
        ? { flags: typed.slice(1), words: typed.slice(0, 1), isSeparated: true }
        : { flags: typed, words: [], isSeparated: true };
    case 'after --':
      return at < 0
        ? { flags: typed, words: [], isSeparated: false }
        : { flags: typed.slice(0, at), words: typed.slice(at + 1), isSeparated: true };
    case 'all':
      // The `--` of `exec POD -- ls` is not ours.
      return at >= 0 && areSettings(typed.slice(0, at), rows)
        ? { flags: typed.slice(0, at), words: typed.slice(at + 1), isSeparated: true }
        : { flags: [], words: typed, isSeparated: !isMeantForUs(at < 0 ? typed : typed.slice(0, at), rows) };
  }
}

/**
 * A setting of ours among kubectl's words, without the `--` between: in front any but the one that kubectl has too, and
 * anywhere those about SSH, which it does not know.
 */
function isMeantForUs(words: readonly string[], rows: readonly Setting[]): boolean {
  return words.some((word, index) => {
    const key = /^--([^=]+)/.exec(word)?.[1];
    const isOurs = index === 0 ? key !== 'kubeconfig' : /^ssh(-|$)/.test(key ?? '');
    return isOurs && rows.some((row) => row.key === key);
  });
}

/** True when these words are nothing but known settings with their values. */
export function areSettings(words: readonly string[], rows: readonly Setting[]): boolean {
  for (let index = 0; index < words.length; index++) {
    const [, key, attached] = /^--([^=]+)(=[\s\S]*)?$/.exec(words[index] ?? '') ?? [];
    const row = rows.find((each) => each.key === key);
    if (row === undefined) return false;
    if (row.valueName === undefined || attached !== undefined) continue;
    index++;
    if (index >= words.length) return false;
  }
  return true;
}

/** The settings without those of these keys, as they were typed. */
export function withoutSettings(
  words: readonly string[],
  keys: readonly string[],
  rows: readonly Setting[],
): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const [, key, attached] = /^--([^=]+)(=[\s\S]*)?$/.exec(word) ?? [];
    const row = rows.find((each) => each.key === key);
    const next = row?.valueName !== undefined && attached === undefined ? [words[++index] ?? ''] : [];
    if (!keys.includes(key ?? '')) kept.push(word, ...next);
  }
  return kept;
}
