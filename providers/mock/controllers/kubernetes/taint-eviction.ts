import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import { type Condition, keyOf, type Node, type Pod, type Taint, type Toleration, withCondition } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';

/** Deletes pods from nodes with a NoExecute taint that they do not tolerate, or no longer. */
export function startTaintEviction(component: Component): void {
  const nodes = component.informer<Node>(pathTo(RESOURCES.nodes));
  const pods = component.informer<Pod>(pathTo(RESOURCES.pods));
  /** Since when each pod has been on a node with such a taint. */
  const since = new Map<string, number>();
  const loop = component.loop([nodes, pods], async (key) => {
    const pod = pods.get(key);
    const node = pod?.spec.nodeName === undefined ? undefined : nodes.get(pod.spec.nodeName);
    const taints = (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || taints.length === 0)
      return void since.delete(key);
    const now = component.clock.now().getTime();
    const start = since.get(key) ?? now;
    since.set(key, start);
    const left = toleratedMs(pod.spec.tolerations ?? [], taints) - (now - start) * component.clock.pace;
    if (left === Number.POSITIVE_INFINITY) return;
    if (left > 0) return loop.addAfter(key, left);
    since.delete(key);
    await evict(pod);
  });
  trigger(pods, loop);
  trigger(nodes, loop, (node) =>
    pods
      .list()
      .filter((pod) => pod.spec.nodeName === node.metadata.name)
      .map(keyOf),
  );

  async function evict(pod: Pod): Promise<void> {
    const { namespace, name } = pod.metadata;
    const path = pathTo(RESOURCES.pods, namespace, name);
    void component.events.say(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
    const told: Condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    };
    const conditions = withCondition(pod.status?.conditions, told, component.now());
    await component.rest.patch(`${path}/status`, 'merge', { status: { conditions } });
    await component.rest.remove(path, {});
  }
}

/** For how long all taints are tolerated: 0 when one is not at all, Infinity without a bound. */
function toleratedMs(tolerations: readonly Toleration[], taints: readonly Taint[]): number {
  const matching = taints.map((taint) => tolerations.filter((toleration) => tolerates(toleration, taint)));
  if (matching.some((used) => used.length === 0)) return 0;
  const seconds = matching.flat().map(({ tolerationSeconds }) => tolerationSeconds ?? Number.POSITIVE_INFINITY);
  return Math.max(0, Math.min(...seconds)) * 1000;
}

function tolerates({ key = '', operator = 'Equal', value = '', effect = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  return operator === 'Exists' || (key !== '' && value === (taint.value ?? ''));
}
