import type { Cause } from './cause.ts';

/** Remembers since when each trouble lasts, so that one which heals by itself ends no wait. */
export class Patience {
  readonly #longestMs: number;
  #since = new Map<string, number>();

  /** No trouble is borne longer than `longestMs`. */
  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  /** The first of these causes whose time is up. Those that are not among them any more have healed. */
  lost(causes: readonly Cause[], nowMs: number): Cause | undefined {
    this.#since = new Map(causes.map(({ key }) => [key, this.#since.get(key) ?? nowMs]));
    return causes.find(
      ({ key, patienceMs }) => nowMs - (this.#since.get(key) ?? nowMs) >= Math.min(patienceMs, this.#longestMs),
    );
  }
}
