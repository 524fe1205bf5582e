import type { Look } from '../scope/until.ts';
import { condition, type KubevirtResource, type Node } from './objects.ts';
import { countOf } from './quantity.ts';

/**
 * Whether KubeVirt is installed and settled: deployed, all conditions right, the observed generation and version current.
 * Degraded beside Available during an update is not an error, only not settled yet.
 * Source: KubeVirt's apply/reconcile and its CR conditions, v1.6 to v1.9.
 */
export function isSettled({ status, metadata }: KubevirtResource): boolean {
  const states = ['Available', 'Progressing', 'Degraded'].map((type) => condition(status?.conditions, type)?.status);
  return (
    status?.phase === 'Deployed' &&
    states.join() === 'True,False,False' &&
    status.observedGeneration === metadata.generation &&
    status.observedKubeVirtVersion !== undefined &&
    status.observedKubeVirtVersion === status.targetKubeVirtVersion
  );
}

/** Whether the node's handler has labelled it and offers guests a place: /dev/kvm and the labels come last of all. */
export function nodeReady(node: Node | undefined, name: string): Look<Node> {
  if (node === undefined) return { done: false, saw: `no node ${name}` };
  const labels = node.metadata.labels ?? {};
  const missing: string[] = [];
  if (labels['kubevirt.io/schedulable'] !== 'true')
    missing.push(`kubevirt.io/schedulable=${labels['kubevirt.io/schedulable'] ?? '(absent)'}`);
  // The labeller writes all of its labels in one patch: any one of them tells that the SEV labels are final too.
  if (!Object.keys(labels).some((key) => key.startsWith('cpu-model.node.kubevirt.io/')))
    missing.push('no label of the node labeller');
  if (countOf(node.status?.allocatable, 'devices.kubevirt.io/kvm') < 1)
    missing.push('devices.kubevirt.io/kvm not allocatable');
  return missing.length === 0 ? { done: true, value: node } : { done: false, saw: missing.join(', ') };
}
