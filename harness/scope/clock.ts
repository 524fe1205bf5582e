import type { RunEvent } from '../model/events.ts';

/**
 * After a cut, watches have to catch up and the console to be opened again before anything can be seen: a wait that
 * had a moment left would end on what it saw before the cut.
 */
const CATCH_UP_MS = 2000;

/**
 * The clock by which the work of a run is timed: it stands still while the connection to the node is cut, and a moment
 * longer, so that no outage eats the time of a call, a wait, a case or a phase. What others count by their own clocks
 * (the lease, the job's timeout) goes by the real time.
 */
export class Clock {
  /** Milliseconds of all cuts that are over. */
  #stoodMs = 0;
  #stoppedAt: number | undefined;
  #goesOnAt: number | undefined;

  /** Learns from the events of the run when the connection is cut and when it heals. */
  readonly hear = (event: RunEvent): void => {
    if (event.type !== 'connection') return;
    const { kind } = event.moment;
    if (kind === 'cut') {
      this.#stoppedAt = this.isStopped ? this.#stoppedAt : performance.now();
      this.#goesOnAt = undefined;
    }
    if (this.#stoppedAt === undefined) return;
    if (kind === 'reconnected') this.#goesOnAt = performance.now() + CATCH_UP_MS;
    // Nothing heals any more: what is left to do has to come to its end.
    if (kind === 'lost' || kind === 'closed') this.#goesOnAt = performance.now();
  };

  /** Milliseconds on a scale of its own; only differences mean something. */
  get nowMs(): number {
    this.#goOn();
    return (this.#stoppedAt ?? performance.now()) - this.#stoodMs;
  }

  /** True while it stands still. */
  get isStopped(): boolean {
    this.#goOn();
    return this.#stoppedAt !== undefined;
  }

  /** Milliseconds for which it has stood still since it said `nowMs` at this real time. */
  stoodSince(mark: ClockMark): number {
    return Math.max(0, performance.now() - mark.realMs - (this.nowMs - mark.nowMs));
  }

  mark(): ClockMark {
    return { realMs: performance.now(), nowMs: this.nowMs };
  }

  #goOn(): void {
    if (this.#stoppedAt === undefined || this.#goesOnAt === undefined || performance.now() < this.#goesOnAt) return;
    this.#stoodMs += this.#goesOnAt - this.#stoppedAt;
    this.#stoppedAt = undefined;
    this.#goesOnAt = undefined;
  }
}

/** A moment by both clocks. */
export interface ClockMark {
  readonly realMs: number;
  readonly nowMs: number;
}
