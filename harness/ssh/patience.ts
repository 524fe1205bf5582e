import type { Ask } from '../provider/contract.ts';

/** A bound on a machine's time that stands still while a person is asked. */
export interface Patience extends Disposable {
  readonly signal: AbortSignal;
  /** Asks with the clock stopped; absent without anybody to ask. */
  readonly ask: Ask | undefined;
}

/** Starts it. The signal aborts with `late` when the time is used up, or earlier with the parent's own reason. */
export function patience(
  withinMs: number,
  parent: AbortSignal,
  { ask, late }: { readonly ask: Ask | undefined; readonly late: () => Error },
): Patience {
  const controller = new AbortController();
  let leftMs = withinMs;
  let startedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const go = () => {
    startedAt = performance.now();
    timer = setTimeout(() => controller.abort(late()), Math.max(0, leftMs));
  };
  const stop = () => {
    clearTimeout(timer);
    leftMs -= performance.now() - startedAt;
  };
  go();
  return {
    signal: AbortSignal.any([controller.signal, parent]),
    ask:
      ask &&
      (async (question, options) => {
        stop();
        try {
          return await ask(question, options);
        } finally {
          go();
        }
      }),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
