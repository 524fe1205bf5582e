import { selects } from '../../label-selector.ts';
import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import { type Pod, splitKey, type Workload } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { controllerKeys, createPod, deletePod, isActive, isReady, podsOf, putStatus } from './pods-of.ts';

/** Keeps as many pods of each ReplicaSet as its spec asks for. */
export function startReplicaSets(component: Component): void {
  const sets = component.informer<Workload>(pathTo(RESOURCES.replicaSets));
  const pods = component.informer<Pod>(pathTo(RESOURCES.pods));
  const loop = component.loop([sets, pods], async (key) => {
    const set = sets.get(key);
    if (set === undefined) return;
    if (set.metadata.deletionTimestamp === undefined) await scale(component, set);
    await report(component, set);
  });
  trigger(sets, loop);
  trigger(pods, loop, controllerKeys('ReplicaSet'));

  async function scale({ rest }: Component, set: Workload): Promise<void> {
    const mine = podsOf(set, pods).filter(isActive);
    const wanted = set.spec.replicas ?? 1;
    for (let count = mine.length; count < wanted; count += 1)
      await createPod(component, pods, set, { namePrefix: `${set.metadata.name}-` });
    // Those that serve nobody go first.
    const surplus = [...mine].sort((a, b) => Number(isReady(a)) - Number(isReady(b))).slice(0, mine.length - wanted);
    if (mine.length > wanted) for (const pod of surplus) await deletePod({ ...component, rest }, set, pod);
  }

  async function report(_: Component, set: Workload): Promise<void> {
    const { namespace, name } = splitKey(`${set.metadata.namespace}/${set.metadata.name}`);
    const mine = podsOf(set, pods).filter(isActive);
    const ready = mine.filter(isReady).length;
    const labelled = mine.filter((pod) =>
      selects({ matchLabels: set.spec.template.metadata?.labels ?? {} }, pod.metadata.labels),
    );
    const status = {
      replicas: mine.length,
      ...(labelled.length === 0 ? {} : { fullyLabeledReplicas: labelled.length }),
      ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
      observedGeneration: set.metadata.generation,
    };
    await putStatus(component, pathTo(RESOURCES.replicaSets, namespace, name, 'status'), set, zeroed(set, status));
  }
}

/** A merge patch takes a count away only when told so. */
function zeroed(set: Workload, status: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const gone = Object.keys(set.status ?? {}).filter((key) => !(key in status) && key !== 'conditions');
  return { ...status, ...Object.fromEntries(gone.map((key) => [key, null])) };
}
