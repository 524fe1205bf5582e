import { type Clocks, type Moment, momentOf, passedMs } from './clocks.ts';

const TICK_MS = 500;

/** Notices when this process got no time at all: it was stopped, or its machine slept. */
export class Standstill {
  readonly #clocks: Clocks;
  #tickedAt: Moment;
  #longestMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#tickedAt = momentOf(clocks);
  }

  start(): void {
    this.#tickedAt = momentOf(this.#clocks);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    // Nobody waits for a tick.
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Milliseconds of the longest one since forget(), also when its tick has not come yet. */
  get longestMs(): number {
    return Math.max(this.#longestMs, passedMs(this.#clocks, this.#tickedAt) - TICK_MS);
  }

  forget(): void {
    this.#tickedAt = momentOf(this.#clocks);
    this.#longestMs = 0;
  }

  #tick(): void {
    this.#longestMs = this.longestMs;
    this.#tickedAt = momentOf(this.#clocks);
  }
}
