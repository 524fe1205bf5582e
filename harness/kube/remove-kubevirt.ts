import type { Scope } from '../scope/scope.ts';
import type { KubeClient } from './client.ts';
import { type Found, findLeft, nameOf } from './find-left.ts';
import { removeRemains } from './kubevirt-remains.ts';
import { clearNodes } from './node-note.ts';
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
  const namespaces = new Set([...there, ...operator].map(({ object }) => object.metadata.namespace));
  const force = forceKubevirt(client, withinMs);
  await takeAway(scope, client, { goal: 'KubeVirt gone', withinMs, list: all, force, onDelete });
  await removeRemains(scope, client, withinMs);
  const list = (signal: AbortSignal) => byManifest(client, signal);
  await takeAway(scope, client, { goal: 'operator of KubeVirt gone', withinMs, list, onDelete });
  await takeAway(scope, client, {
    goal: 'namespaces of KubeVirt gone',
    withinMs,
    onDelete,
    list: async (signal) =>
      (await findLeft(client, SWEEP_KINDS.namespaces, { signal, selector: 'kubevirt.io' })).filter(({ object }) =>
        namespaces.has(object.metadata.name),
      ),
  });
  await clearNodes(scope, client);
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
