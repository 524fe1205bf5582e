import type { Scope } from '../../scope/scope.ts';
import { type Look, until } from '../../scope/until.ts';
import type { KubeClient } from '../client.ts';
import { isRefusal } from '../errors.ts';
import { resourcePath } from '../objects.ts';
import { inOrder, QUEUE_LABEL } from './queue-record.ts';
import { isFree, LEASE_API, type Lease, RUN_ANNOTATION, releasedLease } from './record.ts';

/** A lease as somebody sees it who does not want it. */
export interface LeaseView {
  /** Undefined when nobody ever held it. */
  readonly lock: Lease | undefined;
  /** Those who wait, in the order in which it comes to them; dead ones too, as long as nobody has swept them. */
  readonly queue: readonly Lease[];
}

interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

/** Reads a lease and its queue. @throws KubeError when that is refused. */
export async function viewLease(
  client: KubeClient,
  { namespace, name }: LeaseName,
  signal: AbortSignal,
): Promise<LeaseView> {
  const labelSelector = `${QUEUE_LABEL}=${name}`;
  const leases = { apiVersion: LEASE_API, plural: 'leases', namespace };
  const [lock, { items }] = await Promise.all([
    client.find<Lease>(resourcePath({ ...leases, name }), { signal }),
    client.list<Lease>(resourcePath(leases), { signal, labelSelector }),
  ]);
  return { lock, queue: inOrder(items) };
}

/** What was seen of a holder while it was watched. */
export interface Sign {
  readonly isAlive: boolean;
  readonly watchedMs: number;
}

/** A holder renews every sixth of the duration: one that is silent for a third of it missed two. */
export const SILENT_AFTER = 1 / 3;
const LOOK_EVERY_MS = 500;

/** Watches a held lease, by our own clock, until it changes or its holder has been silent for too long. */
export async function watchHolder(scope: Scope, client: KubeClient, held: Lease): Promise<Sign> {
  const path = pathOf(held);
  const silentMs = durationMs(held) * SILENT_AFTER;
  const startedAt = performance.now();
  const limits = {
    scope,
    withinMs: silentMs + 30_000,
    everyMs: Math.min(LOOK_EVERY_MS, silentMs / 4),
    blame: 'infra' as const,
  };
  return await until('a sign of life of the holder', limits, async (signal): Promise<Look<Sign>> => {
    const now = await client.find<Lease>(path, { signal });
    const watchedMs = Math.round(performance.now() - startedAt);
    const isAlive = now?.metadata.resourceVersion !== held.metadata.resourceVersion;
    if (isAlive || watchedMs >= silentMs) return { done: true, value: { isAlive, watchedMs } };
    return { done: false, saw: 'its record does not change' };
  });
}

/**
 * Empties the lease of this holder, whether it lives or not, in a new epoch, so that a server with our policy refuses
 * what the old one still sends. @returns what was emptied; undefined when that holder had it no longer.
 */
export async function throwOut(client: KubeClient, holder: Lease, signal: AbortSignal): Promise<Lease | undefined> {
  const path = pathOf(holder);
  for (;;) {
    const current = await client.find<Lease>(path, { signal });
    if (current === undefined || isFree(current) || !isSameHolder(current, holder)) return undefined;
    const leaseTransitions = (current.spec?.leaseTransitions ?? 0) + 1;
    const emptied = releasedLease(current, new Date());
    try {
      await client.replace(path, { ...emptied, spec: { ...emptied.spec, leaseTransitions } }, { signal });
      return current;
    } catch (error) {
      // It was renewed meanwhile.
      if (!isRefusal(error, 409)) throw error;
    }
  }
}

/** How long it lasts without a renewal. */
export function durationMs({ spec }: Lease): number {
  return (spec?.leaseDurationSeconds ?? 1) * 1000;
}

function isSameHolder(one: Lease, other: Lease): boolean {
  const run = ({ metadata }: Lease) => metadata.annotations?.[RUN_ANNOTATION];
  return one.spec?.holderIdentity === other.spec?.holderIdentity && run(one) === run(other);
}

function pathOf({ metadata: { namespace = '', name = '' } }: Lease): string {
  return resourcePath({ apiVersion: LEASE_API, plural: 'leases', namespace, name });
}
