import { toFinding } from '../../errors/blame.ts';
import { ConnectionCut, InfraError } from '../../errors/errors.ts';
import { spokenTime } from '../../model/spoken-time.ts';
import { workTime } from '../../scope/deadline.ts';
import type { Scope } from '../../scope/scope.ts';
import { settle } from '../../scope/settle.ts';
import { type Judgement, unread } from '../check.ts';

/** Why there is no answer, and what would make one. */
export interface Unread {
  readonly unread: string;
  readonly action: string;
}

/** An answer, or why there is none: what was not read is never taken for something else. */
export type Reading<T> = { readonly value: T } | Unread;

/** No single question may hold the others up for longer. */
const QUESTION_MS = 10_000;
const TRY_AGAIN = 'look why it does not answer, then run sevlane doctor again';

/**
 * Asks one question under a bound, and once more when the connection was cut under it; the time without a connection
 * does not count. Whatever else goes wrong is the reading; only the end of the scope is thrown.
 */
export async function ask<T>(scope: Scope, work: (signal: AbortSignal) => Promise<T>): Promise<Reading<T>> {
  const late = (uncounted: string) => new InfraError(`no answer within ${spokenTime(QUESTION_MS)}${uncounted}`);
  using bound = workTime(QUESTION_MS, scope, late);
  for (;;) {
    try {
      return { value: await settle(work(bound.signal), bound.signal) };
    } catch (error) {
      scope.signal.throwIfAborted();
      if (bound.signal.aborted || !isCut(error)) return notRead(error);
    }
  }
}

function isCut(error: unknown): boolean {
  if (error instanceof ConnectionCut) return true;
  return error instanceof Error && error.cause !== undefined && isCut(error.cause);
}

/** The reading that an error stands for. */
export function notRead(error: unknown): Unread {
  const { message, hint, causes } = toFinding(error, 'doctor');
  const own = error instanceof InfraError ? hint : undefined;
  return { unread: [message, ...causes].join(': '), action: own ?? TRY_AGAIN };
}

/** Judges a value; what was not read is judged `unread`. */
export function judged<T>(reading: Reading<T>, from: string, judge: (value: T) => Judgement): Judgement {
  return 'unread' in reading ? unread(reading.unread, from, reading.action) : judge(reading.value);
}
