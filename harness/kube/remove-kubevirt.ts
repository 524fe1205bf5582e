import type { Scope } from '../scope/scope.ts';
import type { KubeClient } from './client.ts';
import { type Found, findLeft, nameOf, runOf } from './find-left.ts';
import { findKinds, removeRemains } from './kubevirt-remains.ts';
import { clearNodes } from './node-note.ts';
import { findGuests } from './others-guests.ts';
import { forceKubevirt } from './sweep.ts';
import { SWEEP_KINDS } from './sweep-kinds.ts';
import { takeAway } from './take-away.ts';

/** The labels of a release's manifest. Source: kubevirt-operator.yaml of KubeVirt's releases. */
const BY_MANIFEST = ['kubevirt.io', 'operator.kubevirt.io'];
/** Those that the manifest gives no label. */
const BY_NAME = /^(kubevirt-cluster-critical|kubevirts\.kubevirt\.io|kubevirt-operator(-rolebinding)?)$/;
const STEP_MS = 180_000;

/**
 * Takes away any KubeVirt, whoever installed it, and whatever remains of one: its resources, what its operator made, the
 * operator itself, the namespaces of both and its marks on the nodes. Guests go with it. Only for who was asked to.
 */
export async function removeKubevirt(scope: Scope, client: KubeClient, withinMs = STEP_MS): Promise<void> {
  const onDelete = (found: Found) => scope.log.info(`taking away ${nameOf(found)}`);
  const resources = SWEEP_KINDS.kubevirt.filter(({ plural }) => plural === 'kubevirts');
  const all = (signal: AbortSignal) => findLeft(client, resources, { signal, selector: '' });
  const there = await all(scope.signal);
  const operator = await byManifest(client, scope.signal);
  const homes = [...there, ...operator];
  const force = forceKubevirt(client, withinMs);
  await takeAway(scope, client, { goal: 'KubeVirt gone', withinMs, list: all, force, onDelete });
  await removeRemains(scope, client, withinMs);
  const list = (signal: AbortSignal) => byManifest(client, signal);
  await takeAway(scope, client, { goal: 'operator of KubeVirt gone', withinMs, list, onDelete });
  await takeAway(scope, client, {
    goal: 'namespaces of KubeVirt gone',
    withinMs,
    onDelete,
    list: (signal) => namespacesOf(client, homes, signal),
  });
  await clearNodes(scope, client);
}

/** What `removeKubevirt` would take away, for people to read before they say yes: one line for each sort. */
export async function describeKubevirt(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const resources = SWEEP_KINDS.kubevirt.filter(({ plural }) => plural === 'kubevirts');
  const there = await findLeft(client, resources, { signal, selector: '' });
  const operator = await byManifest(client, signal);
  const namespaces = await namespacesOf(client, [...there, ...operator], signal);
  const kinds = await findKinds(client, signal);
  const guests = await findGuests(client, signal);
  return [
    ...[...there, ...namespaces, ...operator.filter(({ kind }) => kind.plural === 'deployments')].map(named),
    ...(kinds.length === 0 ? [] : [`${kinds.length} customresourcedefinitions of KubeVirt's, with their objects`]),
    ...guests.map(named),
  ];
}

function named(found: Found): string {
  return `${nameOf(found)}${runOf(found.object) === '' ? ', of no run' : ''}`;
}

async function namespacesOf(
  client: KubeClient,
  homes: readonly Found[],
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const names = new Set(homes.map(({ object }) => object.metadata.namespace));
  const labelled = await findLeft(client, SWEEP_KINDS.namespaces, { signal, selector: 'kubevirt.io' });
  return labelled.filter(({ object }) => names.has(object.metadata.name));
}

async function byManifest(client: KubeClient, signal: AbortSignal): Promise<readonly Found[]> {
  const labelled = await Promise.all(
    BY_MANIFEST.map((selector) => findLeft(client, SWEEP_KINDS.operator, { signal, selector })),
  );
  const unlabelled = SWEEP_KINDS.operator.filter(({ plural }) =>
    ['priorityclasses', 'customresourcedefinitions', 'clusterroles', 'clusterrolebindings'].includes(plural),
  );
  const named = (await findLeft(client, unlabelled, { signal, selector: '' })).filter(({ object }) =>
    BY_NAME.test(object.metadata.name ?? ''),
  );
  return [...new Map([...labelled.flat(), ...named].map((found) => [found.path, found])).values()];
}
