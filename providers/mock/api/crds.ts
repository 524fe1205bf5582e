import { type Core, timestamp } from './core.ts';
import { typesOfCrd } from './crd.ts';
import type { KubeObject } from './objects.ts';
import { trackUpdate } from './patch/track-update.ts';
import { at } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import type { StoreEvent } from './store.ts';

const CRDS = 'customresourcedefinitions.apiextensions.k8s.io';
const FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** Serves the resources of stored CustomResourceDefinitions, and empties and removes those that are deleted. Returns how to stop. */
export function serveCustomResources(core: Core): () => void {
  const known: Known = new Map();
  const onChange = ({ type, object }: StoreEvent) => {
    if (type === 'DELETED') return refresh(core, known);
    if (object.metadata.deletionTimestamp !== undefined) return cleanUp(core, object);
    establish(core, object);
    refresh(core, known);
  };
  return core.store.subscribe(CRDS, onChange);
}

// Types by uid and generation: making them of a large schema is work, and every change of a status asks again.
type Known = Map<string, readonly ResourceType[]>;

function refresh(core: Core, known: Known): void {
  const served: ResourceType[] = [];
  for (const crd of core.store.list(CRDS, '')) {
    if (!isTrue(crd, 'Established')) continue;
    const key = `${crd.metadata.uid}/${crd.metadata.generation}`;
    const types = known.get(key) ?? typesOfCrd(crd).types;
    known.set(key, types);
    served.push(...types);
  }
  core.registry.setCustom(served);
}

function establish(core: Core, crd: KubeObject): void {
  const names = at(crd, 'spec', 'names');
  const clash = nameClash(core, crd);
  const accepted: Condition =
    clash === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...clash };
  const established: Condition = isTrue(crd, 'Established') || clash === undefined ? ESTABLISHED : NOT_ACCEPTED;
  const acceptedNames = clash === undefined ? names : (at(crd, 'status', 'acceptedNames') ?? { plural: '', kind: '' });
  const now = timestamp(core);
  const conditions = withCondition(withCondition(conditionsOf(crd), accepted, now), established, now);
  const storedVersions = storedVersionsOf(crd);
  const status = { conditions, acceptedNames, storedVersions };
  if (JSON.stringify(status) === JSON.stringify(crd.status)) return;
  writeStatus(core, crd, status);
}

const ESTABLISHED: Condition = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
};
const NOT_ACCEPTED: Condition = {
  type: 'Established',
  status: 'False',
  reason: 'NotAccepted',
  message: 'not all names are accepted',
};

function writeStatus(core: Core, crd: KubeObject, status: Readonly<Record<string, unknown>>): void {
  const key = { resource: CRDS, namespace: '', name: crd.metadata.name ?? '' };
  core.store.update(key, withStatus(core, crd, status));
}

/** The definition with this status, booked as the server's own doing. */
function withStatus(core: Core, crd: KubeObject, status: Readonly<Record<string, unknown>>): KubeObject {
  const changed: KubeObject = { ...crd, status };
  const type = core.registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  if (type === undefined) return changed;
  const by = { manager: 'kube-apiserver', subresource: 'status', time: timestamp(core), type };
  return trackUpdate({ old: crd, next: changed, ...by });
}

function nameClash(core: Core, crd: KubeObject): { reason: string; message: string } | undefined {
  const mine = namesOf(crd);
  const { group } = crd.spec as { group: string };
  for (const other of core.store.list(CRDS, '')) {
    if (other.metadata.name === crd.metadata.name || at(other, 'spec', 'group') !== group) continue;
    if (!isTrue(other, 'Established')) continue;
    const theirs = namesOf(other);
    if (mine.kind === theirs.kind)
      return { reason: 'KindConflict', message: `${JSON.stringify(mine.kind)} is already in use` };
    const shared = mine.resources.find((name) => theirs.resources.includes(name));
    if (shared !== undefined)
      return { reason: 'ShortNamesConflict', message: `${JSON.stringify(shared)} is already in use` };
  }
  return undefined;
}

function namesOf(crd: KubeObject): { readonly kind: string; readonly resources: readonly string[] } {
  const {
    kind,
    plural,
    singular,
    shortNames = [],
  } = at(crd, 'spec', 'names') as {
    kind: string;
    plural: string;
    singular?: string;
    shortNames?: readonly string[];
  };
  return { kind, resources: [plural, ...(singular === undefined ? [] : [singular]), ...shortNames] };
}

function storedVersionsOf(crd: KubeObject): readonly string[] {
  const stored = (at(crd, 'status', 'storedVersions') ?? []) as readonly string[];
  const versions = (at(crd, 'spec', 'versions') ?? []) as readonly {
    readonly name: string;
    readonly storage: boolean;
  }[];
  const current = versions.find((version) => version.storage)?.name;
  return current === undefined || stored.includes(current) ? stored : [...stored, current];
}

// Instances go first, each in its own time: one with a finalizer keeps the definition alive.
function cleanUp(core: Core, crd: KubeObject): void {
  if (!(crd.metadata.finalizers ?? []).includes(FINALIZER)) return;
  const resource = `${at(crd, 'spec', 'names', 'plural')}.${at(crd, 'spec', 'group')}`;
  const deletionTimestamp = timestamp(core);
  for (const instance of core.store.list(resource, '')) {
    const { namespace = '', name = '', finalizers = [] } = instance.metadata;
    const key = { resource, namespace, name };
    if (finalizers.length === 0) core.store.remove(key, instance);
    else if (instance.metadata.deletionTimestamp === undefined) {
      const metadata = { ...instance.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 };
      core.store.update(key, { ...instance, metadata });
    }
  }
  finishWhenEmpty(core, crd, resource);
}

function finishWhenEmpty(core: Core, crd: KubeObject, resource: string): void {
  const name = crd.metadata.name ?? '';
  const finish = () => {
    if (core.store.list(resource, '').length > 0) return;
    stop();
    const key = { resource: CRDS, namespace: '', name };
    const current = core.store.get(key);
    if (current?.metadata.uid !== crd.metadata.uid || current === undefined) return;
    const finalizers = (current.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const { finalizers: _, ...metadata } = current.metadata;
    const last = { ...current, metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers } };
    if (finalizers.length === 0) core.store.remove(key, last);
    else core.store.update(key, last);
  };
  const stop = core.store.subscribe(resource, finish);
  // Not at once: the answer to the DELETE still shows the definition with its finalizer.
  setImmediate(finish);
}

/** The status of a definition from the moment of its deletion on. */
export function terminatingStatus(core: Core, crd: KubeObject): KubeObject {
  const condition: Condition = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  const conditions = withCondition(conditionsOf(crd), condition, timestamp(core));
  return { ...crd, status: { ...((crd.status ?? {}) as object), conditions } };
}

interface Dated extends Condition {
  readonly lastTransitionTime: string;
}

function conditionsOf(crd: KubeObject): readonly Dated[] {
  return (at(crd, 'status', 'conditions') ?? []) as readonly Dated[];
}

function withCondition(
  all: readonly Dated[],
  { type, status, reason, message }: Condition,
  now: string,
): readonly Dated[] {
  const old = all.find((one) => one.type === type);
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : now;
  const made: Dated = { type, status, lastTransitionTime, reason, message };
  return old === undefined ? [...all, made] : all.map((one) => (one === old ? made : one));
}

function isTrue(crd: KubeObject, condition: string): boolean {
  return conditionsOf(crd).some(({ type, status }) => type === condition && status === 'True');
}
