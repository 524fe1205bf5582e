import type { Clock } from '../../clock.ts';
import { type LabelSelector, selects } from '../../label-selector.ts';
import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import type { Informer } from '../informer.ts';
import { keyOf, type Loose, type Pod, type Workload, withCondition } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { controllerOf, isReady, putStatus } from './pods-of.ts';

/** How long an evicted pod that does not go counts as disrupted. Source: DeletionTimeout of pkg/controller/disruption. */
const DELETION_TIMEOUT_MS = 120_000;

interface Budget extends Loose {
  readonly spec: {
    readonly selector?: LabelSelector;
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
  };
}

/** Keeps the status of each PodDisruptionBudget, from which evictions are granted. */
export function startDisruption(component: Component): void {
  const budgets = component.informer<Budget>(pathTo(RESOURCES.budgets));
  const pods = component.informer<Pod>(pathTo(RESOURCES.pods));
  const replicaSets = component.informer<Workload>(pathTo(RESOURCES.replicaSets));
  const deployments = component.informer<Workload>(pathTo(RESOURCES.deployments));
  const statefulSets = component.informer<Workload>(pathTo(RESOURCES.statefulSets));
  const scales = { ReplicaSet: replicaSets, Deployment: deployments, StatefulSet: statefulSets };
  const watched = [budgets, pods, replicaSets, deployments, statefulSets];
  const loop = component.loop(watched, async (key) => {
    const budget = budgets.get(key);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return;
    const mine = coveredBy(budget, pods);
    if (mine.length === 0) void component.events.say(budget, 'Normal', 'NoPods', 'No matching pods found');
    const disruptedPods = stillDisrupted(budget, mine, component.clock);
    const currentHealthy = mine.filter((pod) => isReady(pod) && !(pod.metadata.name in disruptedPods)).length;
    const { expectedPods, desiredHealthy } = wanted(budget, mine, scales);
    const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    if (Object.keys(disruptedPods).length > 0) loop.addAfter(key, DELETION_TIMEOUT_MS);
    const { namespace, name, generation } = budget.metadata;
    await putStatus(component, pathTo(RESOURCES.budgets, namespace, name, 'status'), budget, {
      ...{ currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods, observedGeneration: generation },
      disruptedPods: Object.keys(disruptedPods).length === 0 ? null : disruptedPods,
      conditions: withCondition(budget.status?.conditions, allowed(disruptionsAllowed, generation), component.now()),
    });
  });
  const covering = (pod: Pod) =>
    budgets
      .list()
      .filter((budget) => covers(budget, pod))
      .map(keyOf);
  const ofNamespace = (object: Workload) =>
    budgets
      .list()
      .filter(({ metadata }) => metadata.namespace === object.metadata.namespace)
      .map(keyOf);
  trigger(budgets, loop);
  trigger(pods, loop, (pod, old) => [...covering(pod), ...(old === undefined ? [] : covering(old))]);
  for (const informer of Object.values(scales)) trigger(informer, loop, ofNamespace);
}

function covers(budget: Budget, { metadata }: Pod): boolean {
  const { selector } = budget.spec;
  if (selector === undefined || metadata.namespace !== budget.metadata.namespace) return false;
  return selects(selector, metadata.labels);
}

type NamedPod = Pod & { readonly metadata: { readonly name: string } };

function coveredBy(budget: Budget, pods: Informer<Pod>): readonly NamedPod[] {
  return pods.list().filter((pod): pod is NamedPod => covers(budget, pod));
}

/** Evictions that were granted and have not shown yet. */
function stillDisrupted(budget: Budget, mine: readonly NamedPod[], clock: Clock): Readonly<Record<string, string>> {
  const granted = (budget.status?.disruptedPods ?? {}) as Readonly<Record<string, string>>;
  const waiting = Object.entries(granted).filter(([name, at]) => {
    const pod = mine.find((each) => each.metadata.name === name);
    const late = (clock.now().getTime() - Date.parse(at)) * clock.pace > DELETION_TIMEOUT_MS;
    return pod !== undefined && pod.metadata.deletionTimestamp === undefined && !late;
  });
  return Object.fromEntries(waiting);
}

type Scales = Readonly<Record<string, Informer<Workload>>>;

function wanted(budget: Budget, mine: readonly Pod[], scales: Scales) {
  const { minAvailable, maxUnavailable } = budget.spec;
  if (maxUnavailable !== undefined) {
    const expectedPods = scaleOf(mine, scales);
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - scaled(maxUnavailable, expectedPods)) };
  }
  if (typeof minAvailable === 'number') return { expectedPods: mine.length, desiredHealthy: minAvailable };
  const expectedPods = scaleOf(mine, scales);
  return { expectedPods, desiredHealthy: minAvailable === undefined ? 0 : scaled(minAvailable, expectedPods) };
}

/** Percentages round up, in favour of whoever must not be disturbed and of whoever disturbs alike. */
function scaled(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
}

/** How many pods those that control these pods want to have; pods that nobody controls do not count. */
function scaleOf(mine: readonly Pod[], scales: Scales): number {
  const wantedBy = new Map<string, number>();
  for (const pod of mine) {
    const owner = ownerIn(scales, pod);
    const topmost = owner === undefined ? undefined : (ownerIn(scales, owner) ?? owner);
    if (topmost !== undefined) wantedBy.set(topmost.metadata.uid ?? '', topmost.spec.replicas ?? 1);
  }
  return [...wantedBy.values()].reduce((sum, replicas) => sum + replicas, 0);
}

function ownerIn(scales: Scales, object: Pod | Workload): Workload | undefined {
  const owner = controllerOf(object);
  const found = owner && scales[owner.kind]?.get(`${object.metadata.namespace}/${owner.name}`);
  return found?.metadata.uid === owner?.uid ? found : undefined;
}

function allowed(disruptionsAllowed: number, observedGeneration: number | undefined) {
  const told =
    disruptionsAllowed > 0 ? (['True', 'SufficientPods'] as const) : (['False', 'InsufficientPods'] as const);
  return { type: 'DisruptionAllowed', status: told[0], reason: told[1], message: '', observedGeneration };
}
