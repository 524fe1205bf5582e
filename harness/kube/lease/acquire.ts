import { InfraError } from '../../errors/errors.ts';
import type { Scope } from '../../scope/scope.ts';
import { type Look, until } from '../../scope/until.ts';
import type { KubeClient } from '../client.ts';
import { isRefusal } from '../errors.ts';
import { resourcePath } from '../objects.ts';
import { persist } from '../persist.ts';
import { type Clocks, momentOf, OWN_CLOCKS } from './clocks.ts';
import { LeaseKeeper } from './keeper.ts';
import { describeHolder, type Holder, isFree, isHeldBy, type Lease, newLease, takenLease } from './record.ts';

export interface LeaseOptions extends Holder {
  readonly namespace: string;
  /** Default `sevlane`. */
  readonly name?: string;
  /** How long to queue for it; 0 tries once. */
  readonly waitMs: number;
  /** Default this machine's own. */
  readonly clocks?: Clocks;
}

/** The cluster is ours until the scope closes, or until the scope is aborted with a LostLease because it is not any more. */
export interface HeldLease {
  /** Rises with every change of holder (`leaseTransitions`). */
  readonly epoch: number;
}

/** Time for the requests of the last look when the wait itself is over. */
const LAST_LOOK_MS = 10_000;
const LONGEST_PAUSE_MS = 2000;
const RELEASE_MS = 30_000;
const RELEASE_AT_LEAST_MS = 2000;

/**
 * Takes the Lease by compare-and-swap, renews it, and gives it back when the scope closes. Whether another holder is
 * dead is judged by changes seen on our own clock, never by its timestamps, as client-go does. From then on the client
 * changes nothing that the lease does not cover.
 * @throws InfraError naming the holder and since when, after `waitMs`.
 */
export async function acquireLease(scope: Scope, client: KubeClient, options: LeaseOptions): Promise<HeldLease> {
  const { namespace, name = 'sevlane', waitMs, durationMs, clocks = OWN_CLOCKS } = options;
  const what = `lease "${name}" in namespace "${namespace}"`;
  const seat: Seat = {
    client: client.unfenced,
    holder: options,
    fresh: (now) => newLease(namespace, name, options, now),
    collection: resourcePath({ apiVersion: 'coordination.k8s.io/v1', plural: 'leases', namespace }),
    path: resourcePath({ apiVersion: 'coordination.k8s.io/v1', plural: 'leases', namespace, name }),
  };
  const observer = new Observer();
  const startedAt = performance.now();
  const limits = {
    scope,
    withinMs: waitMs + LAST_LOOK_MS,
    everyMs: Math.min(LONGEST_PAUSE_MS, durationMs / 10),
    blame: 'infra',
  } as const;
  const taken = await until(what, limits, async (signal) => {
    const sentAt = momentOf(clocks);
    const seen = await look(seat, observer, signal);
    if (seen.done) return { done: true, value: { lease: seen.value, sentAt } };
    const waitedMs = performance.now() - startedAt;
    if (waitedMs >= waitMs) throw busy(what, seen.saw, waitedMs);
    return seen;
  });
  const keeper = new LeaseKeeper(
    { scope, client: client.unfenced, holder: options, path: seat.path, what, lease: `${namespace}/${name}`, clocks },
    taken,
  );
  // Whatever else is left out: the next run has to find the cluster free.
  scope.defer(`release ${what}`, { withinMs: RELEASE_MS, reservedMs: RELEASE_AT_LEAST_MS }, (signal, own) =>
    persist(`${what} released`, { scope: own, client }, () => keeper.release(signal)),
  );
  keeper.start();
  client.raise(keeper.fence);
  const { epoch } = keeper.fence;
  scope.log.detail(`${what}: taken`, { epoch });
  return { epoch };
}

interface Seat {
  readonly client: KubeClient;
  readonly holder: Holder;
  readonly fresh: (now: Date) => Lease;
  readonly collection: string;
  readonly path: string;
}

async function look(seat: Seat, observer: Observer, signal: AbortSignal): Promise<Look<Lease>> {
  const { client, holder, path, collection } = seat;
  const current = await client.find<Lease>(path, { signal });
  try {
    if (current === undefined) {
      return { done: true, value: await client.create<Lease>(collection, seat.fresh(new Date()), { signal }) };
    }
    // The answer to our own taking may have been lost.
    if (isHeldBy(current, holder)) return { done: true, value: current };
    if (isFree(current) || observer.isExpired(current)) {
      return {
        done: true,
        value: await client.replace<Lease>(path, takenLease(current, holder, new Date()), { signal }),
      };
    }
  } catch (error) {
    if (isRefusal(error, 409)) return { done: false, saw: 'another run was faster' };
    throw error;
  }
  return { done: false, saw: `held by ${describeHolder(current)}` };
}

/** Judges whether a holder lives by the changes of its record, on our own clock. */
class Observer {
  #version: string | undefined;
  #changedAt = 0;

  isExpired({ metadata, spec }: Lease): boolean {
    const now = performance.now();
    if (metadata.resourceVersion !== this.#version) {
      this.#version = metadata.resourceVersion;
      this.#changedAt = now;
      return false;
    }
    return now - this.#changedAt >= (spec?.leaseDurationSeconds ?? 1) * 1000;
  }
}

function busy(what: string, saw: string, waitedMs: number): InfraError {
  return new InfraError(`${what}: the cluster is busy: ${saw}; waited ${Math.round(waitedMs / 1000)} s`, {
    hint: 'wait for that run to end, or queue for longer',
  });
}
