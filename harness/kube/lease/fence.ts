import { LostLease } from '../../errors/errors.ts';
import { spokenTime } from '../../model/spoken-time.ts';
import type { Fence } from '../fence.ts';
import { type Clocks, type Moment, passedMs } from './clocks.ts';
import { epochToldBy } from './fence-policy.ts';

/** Part of the duration after which a lease that was not renewed counts as lost, so that others never see us late. */
export const GIVEN_UP_AFTER = 11 / 12;
/** A request that has less time is not worth sending; a short lease has shorter ones. */
const LEAST_MS = 1000;

interface Held {
  readonly what: string;
  /** `namespace/name`. */
  readonly lease: string;
  readonly epoch: number;
  readonly durationMs: number;
  readonly clocks: Clocks;
  /** Hears of the loss, once. */
  readonly onLost: (reason: LostLease) => void;
}

/**
 * The fence of a held lease: a request may take what is left of the duration since the last renewal that succeeded was
 * sent. The others count from when they saw it, which was later.
 */
export class LeaseFence implements Fence {
  readonly lease: string;
  readonly epoch: number;
  readonly #held: Held;
  readonly #losing = new AbortController();
  #renewedAt: Moment;

  constructor(held: Held, sentAt: Moment) {
    this.lease = held.lease;
    this.epoch = held.epoch;
    this.#held = held;
    this.#renewedAt = sentAt;
  }

  get lost(): AbortSignal {
    return this.#losing.signal;
  }

  /** Milliseconds since the last renewal that succeeded was sent. */
  get ageMs(): number {
    return passedMs(this.#held.clocks, this.#renewedAt);
  }

  renewed(sentAt: Moment): void {
    this.#renewedAt = sentAt;
  }

  /** The cluster is not ours any more: the first reason stays. */
  lose(reason: LostLease): void {
    if (this.lost.aborted) return;
    this.#losing.abort(reason);
    this.#held.onLost(reason);
  }

  admit(what: string, atMostMs: number): number {
    this.lost.throwIfAborted();
    const { durationMs } = this.#held;
    const leftMs = durationMs * GIVEN_UP_AFTER - this.ageMs;
    if (leftMs < Math.min(LEAST_MS, durationMs / 12)) throw this.#late(what);
    return Math.min(atMostMs, leftMs);
  }

  holdsFor(what: string, forMs: number): boolean {
    this.admit(what, forMs);
    return this.ageMs + forMs < this.#held.durationMs;
  }

  hear(refusal: unknown): LostLease | undefined {
    const current = epochToldBy(refusal, this.lease);
    if (current === undefined || current <= this.epoch) return undefined;
    const said = `${this.#held.what}: lost: the server says that it is in epoch ${current}, ours was ${this.epoch}`;
    const reason = new LostLease(said, { cause: refusal, hint: 'see sevlane lease show for who has the cluster' });
    this.lose(reason);
    return reason;
  }

  #late(what: string): LostLease {
    const { what: lease, durationMs } = this.#held;
    const age = spokenTime(this.ageMs);
    const reason = new LostLease(
      `${lease}: lost: it was last renewed ${age} ago and lasts ${spokenTime(durationMs)}, so that ${what} was not sent`,
      { hint: 'see why nothing was renewed: a machine that slept, or a process that was stopped' },
    );
    this.lose(reason);
    return reason;
  }
}
