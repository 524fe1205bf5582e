import { setMaxListeners } from 'node:events';

/** A signal that aborts with `reason` after `withinMs`, or earlier with the parent's own reason. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** Milliseconds left, never below 0. */
  readonly leftMs: number;
}

/**
 * Starts a deadline. Unlike AbortSignal.timeout() its timer keeps the process alive: an unreferenced
 * one as the last thing waited for makes Node leave silently with code 13.
 */
export function deadline(withinMs: number, parent: AbortSignal | undefined, reason: () => Error): Deadline {
  const controller = new AbortController();
  const endsAt = performance.now() + withinMs;
  const timer = setTimeout(() => controller.abort(reason()), withinMs);
  const follow = () => controller.abort(parent?.reason);
  // A whole run's requests and waits hang on one signal, each until it settles: many listeners are no leak.
  if (parent !== undefined) setMaxListeners(0, parent);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    get leftMs() {
      return Math.max(0, endsAt - performance.now());
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent?.removeEventListener('abort', follow);
    },
  };
}
