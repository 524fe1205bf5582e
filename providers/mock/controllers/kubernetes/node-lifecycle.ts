import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import { hasCondition, type Node, type Taint } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';

/** Conditions that keep pods away, and the taints that say so. */
const TAINTS: readonly (readonly [condition: string, status: string, key: string])[] = [
  ['Ready', 'False', 'node.kubernetes.io/not-ready'],
  ['Ready', 'Unknown', 'node.kubernetes.io/unreachable'],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
];

/** Taints each node by its conditions, and takes the taint away that a new node comes with. */
export function startNodeLifecycle(component: Component): void {
  const nodes = component.informer<Node>(pathTo(RESOURCES.nodes));
  const loop = component.loop([nodes], async (name) => {
    const node = nodes.get(name);
    if (node?.status?.conditions === undefined) return;
    const { conditions } = node.status;
    const keys = TAINTS.map(([, , key]) => key);
    const wanted: Taint[] = TAINTS.filter(([type, status]) => hasCondition(conditions, type, status)).map(
      ([, , key]) => ({
        key,
        effect: 'NoSchedule',
      }),
    );
    const unschedulable = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
    if (node.spec?.unschedulable === true) wanted.push(unschedulable);
    const others = (node.spec?.taints ?? []).filter(({ key }) => ![...keys, unschedulable.key].includes(key));
    const before = (node.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();
    const taints = [...others, ...wanted];
    if (JSON.stringify(before) === JSON.stringify(taints.map(({ key, effect }) => `${key}:${effect}`).sort())) return;
    await component.rest.patch(pathTo(RESOURCES.nodes, undefined, name), 'merge', {
      metadata: { resourceVersion: node.metadata.resourceVersion },
      spec: { taints: taints.length === 0 ? null : taints },
    });
  });
  trigger(nodes, loop);
}
