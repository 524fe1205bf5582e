import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import { keyOf, type Node, type Pod, type Toleration, type Workload } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { matchesAffinity, toleratesAll } from '../scheduler/filters.ts';
import {
  controlledBy,
  controllerKeys,
  createPod,
  deletePod,
  isActive,
  isReady,
  podsOf,
  putStatus,
  templateHash,
} from './pods-of.ts';

const HASH = 'controller-revision-hash';
const GENERATION = 'deprecated.daemonset.template.generation';

/** What a DaemonSet's pods put up with beside what their template says. */
const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** Keeps one pod of each DaemonSet on each node that suits it, and replaces pods of an old template one by one. */
export function startDaemonSets(component: Component): void {
  const sets = component.informer<Workload>(pathTo(RESOURCES.daemonSets));
  const pods = component.informer<Pod>(pathTo(RESOURCES.pods));
  const nodes = component.informer<Node>(pathTo(RESOURCES.nodes));
  const loop = component.loop([sets, pods, nodes], async (key) => {
    const set = sets.get(key);
    if (set === undefined) return;
    const suiting = nodes.list().filter((node) => suits(set, node));
    if (set.metadata.deletionTimestamp === undefined) await place(set, suiting);
    await report(set, suiting);
  });
  trigger(sets, loop);
  trigger(pods, loop, controllerKeys('DaemonSet'));
  trigger(nodes, loop, () => sets.list().map(keyOf));

  async function place(set: Workload, suiting: readonly Node[]): Promise<void> {
    const hash = await revision(component, set);
    const mine = podsOf(set, pods);
    for (const node of suiting) {
      const here = mine.filter((pod) => nodeOf(pod) === node.metadata.name);
      if (here.length === 0) await create(set, node, hash);
      for (const pod of here.filter((each) => !isActive(each) && each.metadata.deletionTimestamp === undefined))
        await deletePod(component, set, pod);
    }
    const names = suiting.map((node) => node.metadata.name);
    for (const pod of mine.filter((each) => isActive(each) && !names.includes(nodeOf(each))))
      await deletePod(component, set, pod);
    await replaceOld(set, mine.filter(isActive), hash);
  }

  /** One pod at a time, and only while all others are ready. */
  async function replaceOld(set: Workload, mine: readonly Pod[], hash: string): Promise<void> {
    const old = mine.filter((pod) => pod.metadata.labels?.[HASH] !== hash);
    const unready = old.find((pod) => !isReady(pod));
    const next = unready ?? (mine.every(isReady) ? old[0] : undefined);
    if (next !== undefined) await deletePod(component, set, next);
  }

  async function create(set: Workload, node: Node, hash: string): Promise<void> {
    const { spec } = set.spec.template;
    const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name ?? ''] }];
    await createPod(component, pods, set, {
      namePrefix: `${set.metadata.name}-`,
      labels: { [HASH]: hash, 'pod-template-generation': set.metadata.annotations?.[GENERATION] ?? '1' },
      spec: {
        affinity: {
          ...spec.affinity,
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } },
        },
        tolerations: [...(spec.tolerations ?? []), ...TOLERATIONS],
      },
    });
  }

  async function report(set: Workload, suiting: readonly Node[]): Promise<void> {
    const mine = podsOf(set, pods).filter(isActive);
    const names = suiting.map((node) => node.metadata.name);
    const placed = mine.filter((pod) => names.includes(nodeOf(pod)));
    const ready = placed.filter(isReady).length;
    const hash = templateHash(set.spec.template);
    const updated = placed.filter((pod) => pod.metadata.labels?.[HASH] === hash).length;
    const status = {
      currentNumberScheduled: placed.length,
      numberMisscheduled: mine.length - placed.length,
      desiredNumberScheduled: suiting.length,
      numberReady: ready,
      observedGeneration: set.metadata.generation,
      ...optional(set, { updatedNumberScheduled: updated, numberAvailable: ready }),
      ...optional(set, { numberUnavailable: suiting.length - ready }),
    };
    const path = pathTo(RESOURCES.daemonSets, set.metadata.namespace, set.metadata.name, 'status');
    await putStatus(component, path, set, status);
  }
}

function optional(set: Workload, counts: Readonly<Record<string, number>>): Readonly<Record<string, number | null>> {
  return Object.fromEntries(
    Object.entries(counts).flatMap(([key, count]): (readonly [string, number | null])[] => {
      if (count > 0) return [[key, count]];
      return set.status?.[key] === undefined ? [] : [[key, null]];
    }),
  );
}

function suits(set: Workload, node: Node): boolean {
  const { spec } = set.spec.template;
  const tolerant = { ...spec, tolerations: [...(spec.tolerations ?? []), ...TOLERATIONS] };
  return matchesAffinity(spec, node) && toleratesAll(tolerant, node);
}

/** Where the pod is, or is to go. */
function nodeOf(pod: Pod): string | undefined {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return pod.spec.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0];
}

/** The hash of the present template, kept in a ControllerRevision. */
async function revision(component: Component, set: Workload): Promise<string> {
  const hash = templateHash(set.spec.template);
  const { namespace, name } = set.metadata;
  const root = pathTo(RESOURCES.controllerRevisions, namespace);
  const known = await component.rest.find(`${root}/${name}-${hash}`);
  if (known === undefined)
    await component.rest.create(root, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels: { ...set.spec.template.metadata?.labels, [HASH]: hash },
        ownerReferences: [controlledBy(set)],
      },
      data: { spec: { template: { ...set.spec.template, $patch: 'replace' } } },
      revision: set.metadata.generation ?? 1,
    });
  return hash;
}
