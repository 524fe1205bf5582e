import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import type { Informer } from '../informer.ts';
import { type Condition, type Workload, withCondition } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { controlledBy, controllerKeys, controllerOf, putStatus, templateHash } from './pods-of.ts';

const REVISION = 'deployment.kubernetes.io/revision';

/** Rolls each Deployment out by ReplicaSets, one for each template that it ever had. */
export function startDeployments(component: Component): void {
  const deployments = component.informer<Workload>(pathTo(RESOURCES.deployments));
  const sets = component.informer<Workload>(pathTo(RESOURCES.replicaSets));
  const loop = component.loop([deployments, sets], async (key) => {
    const deployment = deployments.get(key);
    if (deployment === undefined) return;
    if (deployment.metadata.deletionTimestamp === undefined) {
      const current = await currentSet(component, deployment, sets);
      if (deployment.spec.paused !== true) await roll(component, deployment, current, sets);
    }
    await report(component, deployment, setsOf(deployment, sets));
  });
  trigger(deployments, loop);
  trigger(sets, loop, controllerKeys('Deployment'));
}

function setsOf(deployment: Workload, sets: Informer<Workload>): readonly Workload[] {
  return sets.list().filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
}

/** The ReplicaSet of the present template, made if need be, carrying the newest revision. */
async function currentSet(component: Component, deployment: Workload, sets: Informer<Workload>): Promise<Workload> {
  const mine = setsOf(deployment, sets);
  const hash = templateHash(deployment.spec.template);
  const known = mine.find((set) => set.metadata.labels?.['pod-template-hash'] === hash);
  const newest = Math.max(0, ...mine.filter((set) => set !== known).map(revisionOf));
  const revision = known !== undefined && revisionOf(known) > newest ? revisionOf(known) : newest + 1;
  const set = known ?? (await createSet(component, deployment, { hash, revision }));
  sets.observe(set);
  if (known !== undefined && revisionOf(known) !== revision)
    await annotate(component, pathTo(RESOURCES.replicaSets, set.metadata.namespace, set.metadata.name), set, revision);
  if (revisionOf(deployment) !== revision)
    await annotate(
      component,
      pathTo(RESOURCES.deployments, deployment.metadata.namespace, deployment.metadata.name),
      deployment,
      revision,
    );
  return set;
}

function revisionOf(object: Workload): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0);
}

async function annotate(component: Component, path: string, object: Workload, revision: number): Promise<void> {
  const annotations = { ...object.metadata.annotations, [REVISION]: String(revision) };
  await component.rest.replace(path, { ...object, metadata: { ...object.metadata, annotations } });
}

async function createSet(
  component: Component,
  deployment: Workload,
  { hash, revision }: { readonly hash: string; readonly revision: number },
): Promise<Workload> {
  const { template, selector, replicas = 1 } = deployment.spec;
  const { namespace, name } = deployment.metadata;
  const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
  const set = await component.rest.create<Workload>(pathTo(RESOURCES.replicaSets, namespace), {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(replicas),
        'deployment.kubernetes.io/max-replicas': String(replicas + surgeOf(replicas)),
        [REVISION]: String(revision),
      },
      ownerReferences: [controlledBy(deployment)],
    },
    spec: {
      replicas: 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, 'pod-template-hash': hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
  return set;
}

/** 25 % more pods than wanted may run while rolling, rounded up; 25 % less may be ready, rounded down. */
function surgeOf(replicas: number): number {
  return Math.ceil(replicas * 0.25);
}

async function roll(
  component: Component,
  deployment: Workload,
  current: Workload,
  sets: Informer<Workload>,
): Promise<void> {
  const wanted = deployment.spec.replicas ?? 1;
  const old = setsOf(deployment, sets).filter((set) => set.metadata.uid !== current.metadata.uid);
  const recreate = deployment.spec.strategy?.type === 'Recreate';
  const oldTotal = sum(old, (set) => set.spec.replicas ?? 0);
  const oldRunning = sum(old, (set) => Number(set.status?.replicas ?? 0));
  const room = recreate ? (oldRunning > 0 ? 0 : wanted) : Math.max(0, wanted + surgeOf(wanted) - oldTotal);
  const next = Math.min(wanted, room);
  const has = current.spec.replicas ?? 0;
  if (next !== has && (next > has || has > wanted)) await resize(component, deployment, current, next, sets);
  const ready = sum([current, ...old], (set) => Number(set.status?.availableReplicas ?? 0));
  const atLeast = recreate ? 0 : wanted - Math.floor(wanted * 0.25);
  let spare = ready - atLeast;
  for (const set of old) {
    const replicas = set.spec.replicas ?? 0;
    const unready = replicas - Number(set.status?.availableReplicas ?? 0);
    const less = Math.min(replicas, unready + Math.max(0, Math.min(spare, replicas - unready)));
    spare -= Math.max(0, less - unready);
    if (less > 0) await resize(component, deployment, set, replicas - less, sets);
  }
}

async function resize(
  component: Component,
  deployment: Workload,
  set: Workload,
  replicas: number,
  sets: Informer<Workload>,
): Promise<void> {
  const { namespace, name } = set.metadata;
  const before = set.spec.replicas ?? 0;
  const path = pathTo(RESOURCES.replicaSets, namespace, name);
  sets.observe(await component.rest.patch<Workload>(path, 'merge', { spec: { replicas } }));
  const direction = replicas > before ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${name} from ${before} to ${replicas}`;
  void component.events.say(deployment, 'Normal', 'ScalingReplicaSet', message);
}

async function report(component: Component, deployment: Workload, sets: readonly Workload[]): Promise<void> {
  const hash = templateHash(deployment.spec.template);
  const current = sets.find((set) => set.metadata.labels?.['pod-template-hash'] === hash);
  const wanted = deployment.spec.replicas ?? 1;
  const replicas = sum(sets, (set) => Number(set.status?.replicas ?? 0));
  const available = sum(sets, (set) => Number(set.status?.availableReplicas ?? 0));
  const updated = Number(current?.status?.replicas ?? 0);
  const complete = updated === wanted && replicas === wanted && available === wanted;
  const set = `ReplicaSet "${current?.metadata.name}"`;
  const now = component.now();
  let conditions = withCondition(
    deployment.status?.conditions,
    available >= wanted - Math.floor(wanted * 0.25)
      ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
      : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'),
    now,
  );
  conditions = withCondition(
    conditions,
    complete
      ? condition('Progressing', 'True', 'NewReplicaSetAvailable', `${set} has successfully progressed.`)
      : condition('Progressing', 'True', 'ReplicaSetUpdated', `${set} is progressing.`),
    now,
  );
  const counts = {
    replicas,
    updatedReplicas: updated,
    readyReplicas: available,
    availableReplicas: available,
    unavailableReplicas: Math.max(0, Math.max(wanted, replicas) - available),
  };
  const present = Object.fromEntries(
    Object.entries(counts).flatMap(([key, count]): (readonly [string, number | null])[] => {
      if (count > 0) return [[key, count]];
      return deployment.status?.[key] === undefined ? [] : [[key, null]];
    }),
  );
  const status = {
    observedGeneration: deployment.metadata.generation,
    ...present,
    conditions: stamped(conditions, deployment.status?.conditions, now),
  };
  const { namespace, name } = deployment.metadata;
  await putStatus(component, pathTo(RESOURCES.deployments, namespace, name, 'status'), deployment, status);
}

function condition(type: string, status: Condition['status'], reason: string, message: string): Condition {
  return { type, status, reason, message };
}

/** `lastUpdateTime` moves when anything about the condition changed. */
function stamped(
  conditions: readonly Condition[],
  before: readonly Condition[] | undefined,
  now: string,
): readonly Condition[] {
  return conditions.map((each) => {
    const old = before?.find(({ type }) => type === each.type);
    const same = old?.status === each.status && old.reason === each.reason && old.message === each.message;
    return { ...each, lastUpdateTime: same ? (old?.lastUpdateTime ?? now) : now };
  });
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
