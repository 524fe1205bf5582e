import { toFinding } from '../../errors/blame.ts';
import { InfraError, LostLease } from '../../errors/errors.ts';
import { spokenTime } from '../../model/spoken-time.ts';
import { deadline } from '../../scope/deadline.ts';
import type { Scope } from '../../scope/scope.ts';
import type { KubeClient } from '../client.ts';
import { isRefusal } from '../errors.ts';
import { pause } from '../pause.ts';
import { type Clocks, momentOf } from './clocks.ts';
import { GIVEN_UP_AFTER, LeaseFence } from './fence.ts';
import { describeHolder, type Holder, isFree, isHeldBy, type Lease, releasedLease, renewedLease } from './record.ts';
import type { Taken } from './seat.ts';
import { Standstill } from './standstill.ts';

interface Keeping {
  readonly scope: Scope;
  readonly client: KubeClient;
  readonly holder: Holder;
  readonly path: string;
  readonly what: string;
  /** `namespace/name`. */
  readonly lease: string;
  readonly clocks: Clocks;
}

const RELEASED = 'ask who released it by force, or whether this machine slept while another run had it';
/** Shortest time that one renewal gets, also when the machine slept past the deadline: the server then decides. */
const SHORTEST_TRY_MS = 1000;
/** Part of the duration: a cut that begins just before a renewal may last for three quarters of it. */
const RENEW_EVERY = 1 / 6;
/** Part of the duration: a shorter standstill would have left time enough to renew. */
const STOOD_STILL_FOR = 1 / 4;
/** A busy machine lets every process wait for a while. */
const SHORTEST_STANDSTILL_MS = 3000;

/**
 * Renews a lease every sixth of its duration, and aborts the scope when nearly all of it went by without success or
 * when somebody else holds it. Others count by their own clocks, so that an outage counts as any other time. It goes
 * on while the scope undoes its work, until released.
 */
export class LeaseKeeper {
  readonly #keeping: Keeping;
  readonly #stopping = new AbortController();
  readonly #standstill: Standstill;
  readonly fence: LeaseFence;
  #lease: Lease;
  #loop: Promise<void> = Promise.resolve();

  constructor(keeping: Keeping, { lease, sentAt }: Taken) {
    this.#keeping = keeping;
    this.#lease = lease;
    this.#standstill = new Standstill(keeping.clocks);
    const { what, lease: name, holder, clocks } = keeping;
    const epoch = lease.spec?.leaseTransitions ?? 0;
    const onLost = (reason: LostLease) => this.#tell(reason);
    this.fence = new LeaseFence({ what, lease: name, epoch, durationMs: holder.durationMs, clocks, onLost }, sentAt);
  }

  start(): void {
    this.#standstill.start();
    this.#loop = this.#renewForever().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return;
      if (error instanceof LostLease) this.fence.lose(error);
      else this.#keeping.scope.abort(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Gives it back with an empty holder, for whoever waits. A lease that is not ours any more is left alone: the server compares. */
  async release(signal: AbortSignal): Promise<void> {
    this.#stopping.abort(new Error('released'));
    this.#standstill.stop();
    await this.#loop;
    if (this.fence.lost.aborted) return;
    const { client, path, holder } = this.#keeping;
    for (let tries = 0; tries < 3; tries++) {
      try {
        await client.replace(path, releasedLease(this.#lease, new Date()), { signal });
        return;
      } catch (error) {
        if (!isRefusal(error, 404, 409)) throw error;
        const current = await client.find<Lease>(path, { signal });
        if (current === undefined || !isHeldBy(current, holder)) return;
        this.#lease = current;
      }
    }
  }

  async #renewForever(): Promise<never> {
    const { holder } = this.#keeping;
    for (;;) {
      await pause(holder.durationMs * RENEW_EVERY, this.#stopping.signal);
      await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    const { scope, what, holder } = this.#keeping;
    const leftMs = () => holder.durationMs * GIVEN_UP_AFTER - this.fence.ageMs;
    for (;;) {
      try {
        const sentAt = momentOf(this.#keeping.clocks);
        if (!(await this.#try(Math.max(SHORTEST_TRY_MS, leftMs())))) continue;
        this.#standstill.forget();
        return this.fence.renewed(sentAt);
      } catch (error) {
        this.#stopping.signal.throwIfAborted();
        if (error instanceof LostLease) throw error;
        if (leftMs() <= 0) throw this.#notRenewed(error);
        scope.log.detail(`waiting: ${what}: not renewed: ${error instanceof Error ? error.message : String(error)}`);
        await pause(Math.min(2000, holder.durationMs / 15), this.#stopping.signal);
      }
    }
  }

  /** Ends the run; when that is ending already, it is a trouble of its own. */
  #tell(reason: LostLease): void {
    const { scope, what } = this.#keeping;
    if (scope.signal.aborted) scope.emit({ type: 'trouble', finding: toFinding(reason, what) });
    else scope.abort(reason);
  }

  #notRenewed(cause: unknown): LostLease {
    const { scope, what, holder } = this.#keeping;
    const held = `${what}: lost: not renewed within ${spokenTime(holder.durationMs * GIVEN_UP_AFTER)}`;
    const stoodMs = this.#standstill.longestMs;
    if (stoodMs >= Math.max(SHORTEST_STANDSTILL_MS, holder.durationMs * STOOD_STILL_FOR)) {
      const stood = `this process stood still for ${spokenTime(stoodMs)} (stopped, or the machine slept)`;
      return new LostLease(`${held}, because ${stood}; another run may take the cluster now`, {
        cause,
        hint: 'run again, and let neither the process be stopped nor the machine sleep meanwhile',
      });
    }
    if (!scope.clock.isStopped) return new LostLease(held, { cause, hint: 'check the api server on the node' });
    return new LostLease(`${held}, because the connection to the node was cut; another run may take the cluster now`, {
      cause,
      hint: 'mend the line to the node; a longer --lease-duration outlives a longer cut',
    });
  }

  /** False when the record had changed but is still ours: try again with the new one. */
  async #try(withinMs: number): Promise<boolean> {
    const { client, path, what, holder } = this.#keeping;
    // Real time: the lease runs out for the others whether we have a connection or not.
    using bound = deadline(withinMs, this.#stopping.signal, () => new InfraError(`${what}: no answer in time`));
    const bounds = { signal: bound.signal };
    // Somebody else may have it after a sleep: nothing is written before that is known.
    if (this.fence.ageMs >= holder.durationMs) await this.#look(bounds);
    try {
      this.#lease = await client.replace<Lease>(path, renewedLease(this.#lease, new Date()), bounds);
      return true;
    } catch (error) {
      if (!isRefusal(error, 404, 409)) throw error;
    }
    await this.#look(bounds);
    return false;
  }

  /** Takes the record as it is now for ours. @throws LostLease when it is not any more. */
  async #look(bounds: { readonly signal: AbortSignal }): Promise<void> {
    const { client, path, what, holder } = this.#keeping;
    const current = await client.find<Lease>(path, bounds);
    if (current === undefined) throw new LostLease(`${what}: lost: somebody deleted it`);
    if (isFree(current))
      throw new LostLease(`${what}: lost: somebody took it from us and gave it back`, { hint: RELEASED });
    if (!isHeldBy(current, holder)) throw new LostLease(`${what}: lost: held by ${describeHolder(current)}`);
    this.#lease = current;
  }
}
