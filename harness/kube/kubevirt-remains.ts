import type { Scope } from '../scope/scope.ts';
import type { KubeClient } from './client.ts';
import { type Found, findLeft } from './find-left.ts';
import { takeFinalizersOff } from './force.ts';
import { OBSTACLES, SWEEP_KINDS } from './sweep-kinds.ts';
import { takeAway } from './take-away.ts';

/** virt-operator signs what it makes. Source: KubeVirt, api/core/v1 ManagedByLabel and its older value. */
const BY_OPERATOR = 'app.kubernetes.io/managed-by in (virt-operator,kubevirt-operator)';
const DEFINITIONS = SWEEP_KINDS.operator.filter(({ plural }) => plural === 'customresourcedefinitions');
const COMPONENTS = SWEEP_KINDS.operator.filter(({ plural }) => plural !== 'customresourcedefinitions');

/**
 * Does by hand what an operator that does not answer should have done: takes away all that it made, and the finalizers
 * of KubeVirt's that nobody is left to take off. First what refuses every change without it. Only for a KubeVirt that
 * is to go; the resource itself, the operator and its namespace are the caller's.
 */
export async function removeRemains(scope: Scope, client: KubeClient, withinMs: number): Promise<void> {
  const list = (kinds: typeof OBSTACLES) => async (signal: AbortSignal) => [
    ...(await findLeft(client, kinds, { signal, selector: BY_OPERATOR })),
  ];
  const step = { withinMs, onDelete: (found: Found) => scope.log.detail(`taking away ${found.path}`) };
  await takeAway(scope, client, { ...step, goal: 'webhooks and APIs of KubeVirt gone', list: list(OBSTACLES) });
  await takeAway(scope, client, {
    ...step,
    goal: 'kinds of KubeVirt gone',
    list: async (signal) => {
      const definitions = (await findLeft(client, DEFINITIONS, { signal, selector: '' })).filter(isKubevirts);
      // Their objects go with them, and hold them as long as they have finalizers.
      const guests = await findLeft(client, SWEEP_KINDS.guests, { signal, selector: '' });
      await takeFinalizersOff(scope, client, [...guests, ...definitions]);
      return definitions;
    },
  });
  await takeAway(scope, client, { ...step, goal: 'components of KubeVirt gone', list: list(COMPONENTS) });
}

/** The definitions of all kinds of KubeVirt's, the one of the KubeVirt resource too. */
export async function findKinds(client: KubeClient, signal: AbortSignal): Promise<readonly Found[]> {
  const all = await findLeft(client, DEFINITIONS, { signal, selector: '' });
  return all.filter((found) => isKubevirts(found) || found.object.metadata.name === 'kubevirts.kubevirt.io');
}

/** The kind of the KubeVirt resource itself came with the operator's manifest. */
function isKubevirts({ object }: Found): boolean {
  const name = object.metadata.name ?? '';
  return /\.kubevirt\.io$/.test(name) && !/\.cdi\.kubevirt\.io$/.test(name) && name !== 'kubevirts.kubevirt.io';
}
