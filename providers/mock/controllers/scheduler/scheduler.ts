import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import { keyOf, type Node, type Pod, timestamp } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { fits, type Unsuited } from './filters.ts';

/**
 * Binds pods to nodes. `minor` is that of Kubernetes: messages differ. What found no place is tried again when a node
 * or another pod changes.
 */
export function startScheduler(component: Component, minor: number): void {
  const pods = component.informer<Pod>(pathTo(RESOURCES.pods));
  const nodes = component.informer<Node>(pathTo(RESOURCES.nodes));
  const unplaced = new Set<string>();
  const loop = component.loop(
    [pods, nodes],
    async (key) => {
      const pod = pods.get(key);
      if (pod === undefined || !isWaiting(pod)) {
        unplaced.delete(key);
        return;
      }
      await place(pod, key);
    },
    1,
  );
  const again = () => [...unplaced];
  trigger(pods, loop, (pod, _, deleted) => (deleted || !isWaiting(pod) ? [keyOf(pod), ...again()] : [keyOf(pod)]));
  trigger(nodes, loop, again);

  async function place(pod: Pod, key: string): Promise<void> {
    const refusals: Unsuited[] = [];
    for (const node of nodes.list()) {
      const here = pods.list().filter((other) => other.spec.nodeName === node.metadata.name && isRunning(other));
      const refusal = fits(pod, node, here);
      if (refusal === undefined) {
        unplaced.delete(key);
        await bind(pod, node);
        return;
      }
      refusals.push(refusal);
    }
    unplaced.add(key);
    await refuse(pod, unschedulable(refusals, minor));
  }

  async function bind(pod: Pod, node: Node): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const target = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
    await component.rest.create(pathTo(RESOURCES.pods, namespace, name, 'binding'), body);
    // The watch may be slower than the next pod's turn.
    pods.observe({ ...pod, spec: { ...pod.spec, nodeName: node.metadata.name ?? '' } });
    const note = `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`;
    void component.events.sayNew(pod, 'Normal', 'Scheduled', { action: 'Binding', note });
  }

  async function refuse(pod: Pod, message: string): Promise<void> {
    const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (known?.message === message) return;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: known?.lastTransitionTime ?? timestamp(component.clock.now()),
    };
    const path = pathTo(RESOURCES.pods, pod.metadata.namespace, pod.metadata.name, 'status');
    pods.observe(await component.rest.patch<Pod>(path, 'strategic', { status: { conditions: [condition] } }));
    void component.events.sayNew(pod, 'Warning', 'FailedScheduling', { action: 'Scheduling', note: message });
  }
}

function isWaiting(pod: Pod): boolean {
  const scheduler = pod.spec.schedulerName ?? 'default-scheduler';
  return (
    pod.spec.nodeName === undefined && scheduler === 'default-scheduler' && pod.metadata.deletionTimestamp === undefined
  );
}

function isRunning(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

/** The scheduler's own sentence for a pod without a place. Source: kube-scheduler's FitError and DefaultPreemption. */
export function unschedulable(refusals: readonly Unsuited[], minor: number): string {
  const all = refusals.length;
  if (all === 0) return 'no nodes available to schedule pods';
  const reasons = histogram(refusals.flatMap((refusal) => refusal.reasons));
  const hopeless = refusals.filter((refusal) => !refusal.preemptible).length;
  const preemption = histogram([
    ...Array.from({ length: hopeless }, () => 'Preemption is not helpful for scheduling'),
    ...Array.from({ length: all - hopeless }, () => 'No preemption victims found for incoming pod'),
  ]);
  // Dynamic resource allocation, on by default from 1.34, puts its own word in.
  const claims = minor >= 34 ? 'no new claims to deallocate, ' : '';
  return `0/${all} nodes are available: ${reasons}. ${claims}preemption: 0/${all} nodes are available: ${preemption}.`;
}

function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
