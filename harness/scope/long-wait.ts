import type { Scope } from './scope.ts';

/** What is waited for without looks in between. */
export interface LongWait {
  readonly goal: string;
  /** What is seen of it when somebody is told. */
  readonly saw: () => string;
  readonly withinMs: number;
}

const FIRST_MS = 1000;
const AGAIN_MS = 5000;

/**
 * Tells of a wait that takes longer than a second, and every five seconds from then on, until it is disposed of:
 * whoever ends it early can say what it was at.
 */
export function tellLongWait(scope: Pick<Scope, 'emit'>, { goal, saw, withinMs }: LongWait): Disposable {
  const startedAt = performance.now();
  const tell = () => {
    const forMs = Math.round(performance.now() - startedAt);
    scope.emit({ type: 'waiting', goal, saw: saw(), forMs, withinMs });
    timer = setTimeout(tell, AGAIN_MS);
  };
  let timer = setTimeout(tell, FIRST_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
