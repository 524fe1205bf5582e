import type { KubeObject } from '../../../api/objects.ts';
import type { KubevirtVersion } from '../../../kubevirt/version.ts';
import { traitsOf } from '../../../kubevirt/versions.ts';
import type { Component } from '../../component.ts';
import type { Loose, Node, Pod } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { Refusal } from '../../rest.ts';
import { pathOf } from './kinds.ts';
import type { Situation } from './status.ts';
import { dropStrategies } from './strategy.ts';

export interface Removal {
  readonly cr: Loose;
  readonly objects: readonly KubeObject[];
  readonly version: KubevirtVersion;
  /** A definition as the operator's informer has it. */
  definition(name: string): Loose | undefined;
  report(situation: Situation): Promise<void>;
}

const HOLD = 'kubevirt.io/virtOperatorFinalizer';

/**
 * Removes an installation in the order of the real operator: definitions with all their objects, then components,
 * then the rest, the node labels, and at last the CR's finalizer. Source: pkg/virt-operator/resource/apply/delete.go.
 */
export async function uninstall(component: Component, removal: Removal): Promise<void> {
  const { cr, objects, version } = removal;
  const { kubevirtFinalizer } = traitsOf(version);
  if (!(cr.metadata.finalizers ?? []).includes(kubevirtFinalizer)) return;
  await removal.report({ is: 'deleting' });
  const kinds = (...names: readonly string[]) => objects.filter(({ kind }) => names.includes(kind));
  // Its change calls again: an uninstall goes on from where it stands.
  if (!(await clearDefinitions(component, kinds('CustomResourceDefinition'), removal))) return;
  const workloads = kinds('DaemonSet', 'PodDisruptionBudget', 'Deployment').reverse();
  await removeAll(component, workloads);
  await untilNoPods(component, workloads);
  const rest = objects.filter(
    ({ kind }) => kind !== 'CustomResourceDefinition' && !workloads.some((each) => each.kind === kind),
  );
  const order = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'APIService', 'Service'];
  const rank = ({ kind }: KubeObject) => (order.includes(kind) ? order.indexOf(kind) : order.length);
  await removeAll(
    component,
    [...rest].sort((a, b) => rank(a) - rank(b)),
  );
  await dropNodeLabels(component);
  await dropStrategies(component, cr.metadata.namespace ?? '');
  await release(component, cr, kubevirtFinalizer);
}

/** Holds every definition, deletes it, and lets it go when its objects are gone; true when none is left. */
async function clearDefinitions(
  { rest }: Component,
  definitions: readonly KubeObject[],
  { definition: find }: Removal,
): Promise<boolean> {
  let left = 0;
  for (const definition of definitions) {
    const live = find(definition.metadata.name ?? '');
    if (live === undefined) continue;
    left += 1;
    const { finalizers = [], deletionTimestamp } = live.metadata;
    if (deletionTimestamp === undefined) {
      if (!finalizers.includes(HOLD))
        await rest.patch(pathOf(definition), 'merge', { metadata: { finalizers: [...finalizers, HOLD] } });
      await rest.remove(pathOf(definition));
    } else if (finalizers.includes(HOLD) && finalizers.length === 1)
      await rest.patch(pathOf(definition), 'merge', { metadata: { finalizers: [] } });
  }
  return left === 0;
}

async function removeAll({ rest }: Component, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects)
    await rest.remove(pathOf(object), { propagationPolicy: 'Background' }).catch((error: unknown) => {
      // A kind that is not served any more.
      if (!(error instanceof Refusal) || error.status !== 404) throw error;
    });
}

/** A virt-handler on its way out writes a last label: its labels may be dropped only after it. */
async function untilNoPods(component: Component, workloads: readonly KubeObject[]): Promise<void> {
  const [namespace] = workloads.map(({ metadata }) => metadata.namespace);
  const path = `${pathTo(RESOURCES.pods, namespace)}?labelSelector=kubevirt.io%3Dvirt-handler`;
  while (!component.signal.aborted && (await component.rest.list<Pod>(path)).items.length > 0)
    await component.clock.sleep(500, component.signal);
}

/** The `cpu-*.node.kubevirt.io` family and the heartbeat stay behind, as they do in reality. */
async function dropNodeLabels({ rest }: Component): Promise<void> {
  for (const node of (await rest.list<Node>(pathTo(RESOURCES.nodes))).items) {
    const ours = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith('kubevirt.io/'));
    if (ours.length === 0) continue;
    const labels = Object.fromEntries(ours.map((label) => [label, null]));
    await rest.patch(pathTo(RESOURCES.nodes, undefined, node.metadata.name), 'merge', { metadata: { labels } });
  }
}

async function release({ rest, director }: Component, cr: Loose, finalizer: string): Promise<void> {
  const { namespace, name } = cr.metadata;
  await rest.patch(pathTo(RESOURCES.kubeVirts, namespace, name, 'status'), 'merge', { status: { phase: 'Deleted' } });
  const latest = await rest.find<Loose>(pathTo(RESOURCES.kubeVirts, namespace, name));
  const finalizers = (latest?.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  if (latest !== undefined)
    await rest.patch(pathTo(RESOURCES.kubeVirts, namespace, name), 'merge', { metadata: { finalizers } });
  director.happened('kubevirt Deleted');
}
