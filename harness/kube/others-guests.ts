import { InfraError } from '../errors/errors.ts';
import type { KubeClient } from './client.ts';
import { type Found, findLeft, runOf } from './find-left.ts';
import { objectKey } from './objects.ts';
import { type Kind, SWEEP_KINDS } from './sweep-kinds.ts';

/** KubeVirt stays, for what somebody else runs on it: trying again mends nothing. */
export class HeldByOthers extends InfraError {}

/** Served in the one or the other version. Source: KubeVirt, staging/src/kubevirt.io/api, pool and snapshot. */
const MORE_KINDS: readonly Kind[] = [
  { apiVersion: 'pool.kubevirt.io/v1beta1', plural: 'virtualmachinepools' },
  { apiVersion: 'pool.kubevirt.io/v1alpha1', plural: 'virtualmachinepools' },
  { apiVersion: 'snapshot.kubevirt.io/v1beta1', plural: 'virtualmachinesnapshots' },
  { apiVersion: 'snapshot.kubevirt.io/v1alpha1', plural: 'virtualmachinesnapshots' },
];
// Migrations are KubeVirt's own as often as not, and end with their guest.
const GUEST_KINDS: readonly Kind[] = SWEEP_KINDS.guests.filter(
  ({ apiVersion, plural }) => !apiVersion.startsWith('cdi.') && plural !== 'virtualmachineinstancemigrations',
);
const MOST_TOLD = 3;

/**
 * Everything that would go with KubeVirt: guests, what makes guests, and their snapshots, each once.
 * @throws KubeError when guests cannot be listed: then nobody knows that there are none.
 */
export async function findGuests(client: KubeClient, signal: AbortSignal): Promise<readonly Found[]> {
  const guests = await findLeft(client, GUEST_KINDS, { signal, selector: '', mustSee: true });
  const all = [...guests, ...(await findLeft(client, MORE_KINDS, { signal, selector: '' }))];
  return [...new Map(all.map((found) => [found.object.metadata.uid ?? found.path, found])).values()];
}

/**
 * Those of them that no run made: without a run's label, and not owned by another of them, which counts instead. What
 * is being deleted already is not counted.
 */
export async function findOthersGuests(client: KubeClient, signal: AbortSignal): Promise<readonly Found[]> {
  const all = await findGuests(client, signal);
  const uids = new Set(all.map(({ object }) => object.metadata.uid));
  return all.filter(({ object }) => {
    const { ownerReferences = [], deletionTimestamp } = object.metadata;
    return runOf(object) === '' && deletionTimestamp === undefined && !ownerReferences.some(({ uid }) => uids.has(uid));
  });
}

/** `VirtualMachine theirs/precious is somebody else's`. */
export function othersWords(others: readonly Found[]): string {
  const told = others.slice(0, MOST_TOLD).map(({ object }) => `${object.kind} ${objectKey(object)}`);
  const more = others.length > told.length ? `, and ${others.length - told.length} more` : '';
  return `${told.join(', ')}${more} ${others.length === 1 ? 'is' : 'are'} somebody else's`;
}

/**
 * To be asked before a KubeVirt that a run installed is taken away: guests of others would go with it.
 * @throws HeldByOthers naming them. `what` is, for instance, `KubeVirt v1.9.0`.
 */
export async function refuseOthersGuests(client: KubeClient, what: string, signal: AbortSignal): Promise<void> {
  const others = await findOthersGuests(client, signal);
  if (others.length === 0) return;
  throw new HeldByOthers(`${what}: not taken away: ${othersWords(others)} and would go with it`, {
    hint: `delete ${others.length === 1 ? 'it' : 'them'}, or run sevlane clean --all`,
  });
}
