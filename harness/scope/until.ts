import { InfraError, ProductFailure } from '../errors/errors.ts';
import { spokenTime } from '../model/spoken-time.ts';
import { workTime } from './deadline.ts';
import type { Scope } from './scope.ts';
import { settle } from './settle.ts';

/** What one look found: the goal reached, or what was there instead. */
export type Look<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly saw: string };

/** Bounds of a wait: whose signal and clock, how long, how often to look, and whom a timeout blames. */
export interface Limits {
  readonly scope: Scope;
  readonly withinMs: number;
  /** Pause between looks. With `wake` it is only the fallback. */
  readonly everyMs: number;
  readonly blame: 'infra' | 'product';
  /** One action for the reader of a timeout. */
  readonly hint?: string;
  /** Subscribes to whatever may change the answer, so that a look follows at once; returns the unsubscribe. */
  readonly wake?: (notify: () => void) => () => void;
  /** How often a waiting reader hears what is still seen; default 5 s. */
  readonly newsEveryMs?: number;
}

const NEWS_EVERY_MS = 5000;

/**
 * Looks again and again until `look` is done: the only wait loop of the harness.
 * A look that throws ends the wait at once with that error. Time without a connection does not count.
 * @throws ProductFailure or InfraError, by `blame`, naming the goal, the bound and the last thing seen.
 */
export async function until<T>(
  goal: string,
  limits: Limits,
  look: (signal: AbortSignal) => Promise<Look<T>>,
): Promise<T> {
  const { scope, withinMs, newsEveryMs = NEWS_EVERY_MS } = limits;
  const startedAt = performance.now();
  let saw = 'nothing yet';
  let toldAt = startedAt;
  let told = '';
  using bound = workTime(withinMs, scope, (uncounted) => timeout(goal, limits, { uncounted, saw }));
  const bell = new Bell();
  const unsubscribe = limits.wake?.(() => bell.ring());
  try {
    for (;;) {
      bound.signal.throwIfAborted();
      bell.reset();
      const seen = await settle(look(bound.signal), bound.signal);
      if (seen.done) return seen.value;
      saw = seen.saw;
      const now = performance.now();
      if (saw !== told || now - toldAt >= newsEveryMs) {
        scope.emit({ type: 'waiting', goal, saw, forMs: Math.round(now - startedAt), withinMs });
        told = saw;
        toldAt = now;
      }
      // A look that waits for a wake-up is repeated for the news: whoever reads must see that the wait is alive.
      await bell.wait(Math.min(limits.everyMs, newsEveryMs), bound.signal);
    }
  } finally {
    unsubscribe?.();
  }
}

/** Bounds of one piece of work. */
export interface WorkLimits extends Pick<Limits, 'scope' | 'withinMs' | 'blame' | 'hint'> {
  /** Asked when the time is up: what it was at, to follow the words of the error. */
  readonly whereabouts?: { readonly words: string };
}

/**
 * Runs one piece of work under a bound. The work is told by its signal; work that does not listen is left behind.
 * @throws InfraError or ProductFailure, by `blame`, when the time is up; the scope's reason when the scope ends first.
 */
export async function within<T>(
  goal: string,
  limits: WorkLimits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using bound = workTime(limits.withinMs, limits.scope, (uncounted) =>
    timeout(goal, limits, { uncounted: `${uncounted}${limits.whereabouts?.words ?? ''}` }),
  );
  bound.signal.throwIfAborted();
  return await settle(work(bound.signal), bound.signal);
}

interface Late {
  /** The words for what was not counted. */
  readonly uncounted: string;
  readonly saw?: string;
}

function timeout(goal: string, limits: Pick<Limits, 'withinMs' | 'blame' | 'hint'>, { uncounted, saw }: Late): Error {
  const last = saw === undefined ? '' : `; last saw ${saw}`;
  const message = `${goal}: not within ${spokenTime(limits.withinMs)}${uncounted}${last}`;
  const details = limits.hint === undefined ? {} : { hint: limits.hint };
  return limits.blame === 'product' ? new ProductFailure(message, details) : new InfraError(message, details);
}

/** Remembers a ring that came while nobody was waiting, so that no wake-up is lost between a look and its wait. */
class Bell {
  #rung = false;
  #listener: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#listener?.();
  }

  reset(): void {
    this.#rung = false;
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#rung || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#listener = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      this.#listener = end;
    });
  }
}
