import { InfraError } from '../../errors/errors.ts';
import type { Scope } from '../../scope/scope.ts';
import type { KubeClient } from '../client.ts';
import { isRefusal } from '../errors.ts';
import { resourcePath } from '../objects.ts';
import { persist } from '../persist.ts';
import type { Clocks } from './clocks.ts';
import { Observer } from './observer.ts';
import { inOrder, QUEUE_LABEL, stillWaiting, type Waiter, waitingLease, waitingName } from './queue-record.ts';
import { describeHolder, LEASE_API, type Lease } from './record.ts';

interface Queueing {
  readonly scope: Scope;
  readonly client: KubeClient;
  readonly namespace: string;
  /** Of the lease that is waited for. */
  readonly name: string;
  readonly waiter: Waiter;
  readonly clocks: Clocks;
}

/** Where a run stands among those that wait and live. */
export interface Standing {
  /** From 0; who stands before us. */
  readonly ahead: readonly Lease[];
  /** All that live, ourselves too when announced. */
  readonly length: number;
}

/** A sign of life every sixth of the time for which a silent one counts as alive. */
const RENEW_EVERY = 1 / 6;
const LEAVE_MS = 10_000;

/**
 * The queue before a lease: each waiting run has a record of its own beside it. It is there for fairness alone, so that
 * it never ends a run: whoever may not write or read it waits without a place.
 */
export class LeaseQueue {
  readonly #queueing: Queueing;
  readonly #observer: Observer;
  readonly #collection: string;
  readonly #path: string;
  #renewedAtMs: number | undefined;
  #isRefused = false;

  constructor(queueing: Queueing) {
    const { namespace, name, waiter, clocks } = queueing;
    const leases = { apiVersion: LEASE_API, plural: 'leases', namespace };
    this.#queueing = queueing;
    this.#observer = new Observer(clocks);
    this.#collection = resourcePath(leases);
    this.#path = resourcePath({ ...leases, name: waitingName(name, waiter) });
  }

  /** Who lives, in order; the same that everybody sees. */
  async standing(signal: AbortSignal): Promise<Standing> {
    const { name, waiter } = this.#queueing;
    const living = (await this.#list(signal)).filter((one) => !this.#isDead(one));
    const own = living.findIndex(({ metadata }) => metadata.name === waitingName(name, waiter));
    if (own >= 0) return { ahead: living.slice(0, own), length: living.length };
    // Without a record of our own we would stand where it would come.
    const { namespace } = this.#queueing;
    const ours = waitingLease(namespace, name, waiter, new Date());
    const all = inOrder([...living, { ...ours, metadata: { ...ours.metadata, creationTimestamp: LATEST } }]);
    return {
      ahead: living.slice(
        0,
        all.findIndex((one) => one.metadata.name === ours.metadata.name),
      ),
      length: living.length,
    };
  }

  /** Says that we wait, and now and then that we still do. */
  async announce(signal: AbortSignal): Promise<void> {
    const { client, scope, namespace, name, waiter, clocks } = this.#queueing;
    if (this.#isRefused) return;
    const now = clocks.monotonicMs();
    if (this.#renewedAtMs !== undefined && now - this.#renewedAtMs < waiter.durationMs * RENEW_EVERY) return;
    try {
      if (this.#renewedAtMs === undefined) {
        // Before it is there: its answer may be lost.
        scope.defer(`leave the queue for lease "${name}"`, LEAVE_MS, (undoSignal, own) =>
          persist('the queue left', { scope: own, client }, () => this.leave(undoSignal)),
        );
        this.#renewedAtMs = now;
        await this.#join(signal);
      } else await this.#renew(signal, waitingLease(namespace, name, waiter, new Date()));
      this.#renewedAtMs = now;
    } catch (error) {
      if (!(error instanceof InfraError) || signal.aborted) throw error;
      this.#isRefused = isRefusal(error, 403);
      scope.log.detail(`waiting without a place in the queue: ${error.message}`);
    }
  }

  /** Safe to call at any time, also when we never joined. */
  async leave(signal: AbortSignal): Promise<void> {
    if (this.#renewedAtMs === undefined) return;
    const { client, scope } = this.#queueing;
    await client.delete(this.#path, { signal }).catch((error: unknown) => {
      // It is taken for dead in time, and swept by whoever may.
      if (!isRefusal(error, 403)) throw error;
      scope.log.detail(`no right to leave the queue: ${error.message}`);
    });
    this.#renewedAtMs = undefined;
  }

  /** Takes away the records of waiting runs that died. Only for the holder, with its fenced client. @returns how many are left. */
  async sweep(client: KubeClient, signal: AbortSignal): Promise<number> {
    const { scope } = this.#queueing;
    const all = await this.#list(signal);
    const dead = all.filter((one) => this.#isDead(one));
    for (const one of dead) {
      const { name = '', uid, resourceVersion } = one.metadata;
      scope.log.detail(`sweeping the place of ${describeHolder(one)} in the queue, who died`);
      const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
      await client.delete(`${this.#collection}/${name}`, { signal, preconditions }).catch((error: unknown) => {
        // It lives after all.
        if (!isRefusal(error, 409)) throw error;
      });
    }
    return all.length - dead.length;
  }

  async #join(signal: AbortSignal): Promise<void> {
    const { client, namespace, name, waiter } = this.#queueing;
    try {
      await client.create<Lease>(this.#collection, waitingLease(namespace, name, waiter, new Date()), { signal });
    } catch (error) {
      if (!isRefusal(error, 409)) throw error;
    }
  }

  async #renew(signal: AbortSignal, fresh: Lease): Promise<void> {
    const { client } = this.#queueing;
    try {
      await client.patch(this.#path, stillWaiting(new Date()), { type: 'merge', signal });
    } catch (error) {
      if (!isRefusal(error, 404)) throw error;
      // Somebody took us for dead.
      await client.create<Lease>(this.#collection, fresh, { signal });
    }
  }

  async #list(signal: AbortSignal): Promise<readonly Lease[]> {
    const { client, scope, name } = this.#queueing;
    try {
      const { items } = await client.list<Lease>(this.#collection, { signal, labelSelector: `${QUEUE_LABEL}=${name}` });
      return inOrder(items);
    } catch (error) {
      if (!isRefusal(error, 403, 404)) throw error;
      scope.log.detail(`the queue is not seen: ${error.message}`);
      return [];
    }
  }

  #isDead(one: Lease): boolean {
    return this.#observer.unchangedMs(one) >= (one.spec?.leaseDurationSeconds ?? 1) * 1000;
  }
}

/** After every arrival so far. */
const LATEST = '9999-12-31T23:59:59Z';
