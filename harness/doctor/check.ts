import type { CheckName, CheckResult } from '../model/check.ts';

/** What a check found in the facts. Only what is well may come without an action. */
export type Judgement =
  | (Found & { readonly verdict: 'ok' | 'note'; readonly action?: string })
  | (Found & { readonly verdict: 'warning' | 'fatal' | 'unread'; readonly action: string });

interface Found {
  /** What was read; of an unread one, why not. */
  readonly read: string;
  /** Where: a file, a command or an API path, and on which side. */
  readonly from: string;
  /** In place of the check's own words, where a figure belongs in them. */
  readonly expected?: string;
}

/** One check, pure: facts that somebody read go in, a judgement comes out. */
export interface Check<Facts> extends CheckName {
  readonly expected: string;
  /** Why it matters to the lane. */
  readonly why: string;
  /** A reading that is absent, cut or not understood is judged `unread`, never `ok`. */
  judge(facts: Facts): Judgement;
}

/** Puts all checks to the same facts, in the order of the table. */
export function judgeAll<Facts>(checks: readonly Check<Facts>[], facts: Facts): readonly CheckResult[] {
  return checks.map((check) => {
    const { id, group, title, why } = check;
    const { verdict, read, from, expected, action } = check.judge(facts);
    return {
      id,
      group,
      title,
      verdict,
      read: oneLine(read),
      from: oneLine(from),
      expected: expected ?? check.expected,
      why,
      ...(action === undefined ? {} : { action }),
    };
  });
}

/** All checks of a table when nothing of what they look at could be read. */
export function allUnread<Facts>(
  checks: readonly Check<Facts>[],
  { why, from, action }: { readonly why: string; readonly from: string; readonly action: string },
): readonly CheckResult[] {
  const unreadable = checks.map((check) => ({ ...check, judge: () => unread(why, from, action) }));
  return judgeAll<undefined>(unreadable, undefined);
}

/** It is as it should be. */
export function ok(read: string, from: string): Judgement {
  return { verdict: 'ok', read, from };
}

/** Worth knowing, nothing to do. */
export function note(read: string, from: string): Judgement {
  return { verdict: 'note', read, from };
}

/** It will hurt soon. */
export function warning(read: string, from: string, action: string): Judgement {
  return { verdict: 'warning', read, from, action };
}

/** The lane cannot run like this. */
export function fatal(read: string, from: string, action: string): Judgement {
  return { verdict: 'fatal', read, from, action };
}

/** It could not be found out; `why` in place of what was read. */
export function unread(why: string, from: string, action: string): Judgement {
  return { verdict: 'unread', read: why, from, action };
}

const LONGEST = 300;

/** What a host said goes into a table and an attribute: control characters out, one line, not endless. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim();
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}…` : plain;
}
