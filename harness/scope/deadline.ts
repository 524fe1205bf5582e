import { setMaxListeners } from 'node:events';
import { spokenTime } from '../model/spoken-time.ts';
import type { Clock } from './clock.ts';

/** A signal that aborts with `reason` after `withinMs`, or earlier with the parent's own reason. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** Milliseconds left, never below 0. */
  readonly leftMs: number;
}

/** How late a deadline may notice that its clock goes on again. */
const STOPPED_CLOCK_MS = 50;

/**
 * Starts a deadline. Unlike AbortSignal.timeout() its timer keeps the process alive: an unreferenced
 * one as the last thing waited for makes Node leave silently with code 13.
 */
export function deadline(withinMs: number, parent: AbortSignal | undefined, reason: () => Error): Deadline {
  return start(withinMs, { parent, now: () => performance.now(), reason });
}

/**
 * A deadline by the clock of the run, for work that needs the connection to the node. `reason` gets the words for what
 * was not counted, to follow the bound: `, 20 s without a connection not counted`, or nothing.
 */
export function workTime(
  withinMs: number,
  { signal, clock }: { readonly signal: AbortSignal | undefined; readonly clock: Clock },
  reason: (uncounted: string) => Error,
): Deadline {
  const mark = clock.mark();
  const uncounted = () => {
    const stoodMs = clock.stoodSince(mark);
    return stoodMs < 1 ? '' : `, ${spokenTime(stoodMs)} without a connection not counted`;
  };
  return start(withinMs, { parent: signal, now: () => clock.nowMs, reason: () => reason(uncounted()) });
}

interface Start {
  readonly parent: AbortSignal | undefined;
  readonly now: () => number;
  readonly reason: () => Error;
}

function start(withinMs: number, { parent, now, reason }: Start): Deadline {
  const controller = new AbortController();
  const endsAt = now() + withinMs;
  const look = () => {
    const leftMs = endsAt - now();
    // Timers may fire a fraction of a millisecond early.
    if (leftMs < 1) return controller.abort(reason());
    timer = setTimeout(look, Math.max(leftMs, STOPPED_CLOCK_MS));
  };
  let timer = setTimeout(look, withinMs);
  const follow = () => controller.abort(parent?.reason);
  // A whole run's requests and waits hang on one signal, each until it settles: many listeners are no leak.
  if (parent !== undefined) setMaxListeners(0, parent);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    get leftMs() {
      return Math.max(0, endsAt - now());
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent?.removeEventListener('abort', follow);
    },
  };
}
