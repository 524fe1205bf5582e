import { InfraError, ProductFailure } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { type Discovery, discover } from '../kube/discovery.ts';
import { isRefusal } from '../kube/errors.ts';
import type { Feed } from '../kube/feed.ts';
import { resourcePath } from '../kube/objects.ts';
import { persist } from '../kube/persist.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import { type Feeds, openKubevirtFeed } from './feeds.ts';
import { fetchManifest } from './fetch-manifest.ts';
import { sevGateOff } from './gate.ts';
import {
  changeManifest,
  type ManifestChanges,
  type ManifestObject,
  readCustomResource,
  readOperatorManifest,
} from './manifest.ts';
import type { KubevirtResource, Pod } from './objects.ts';
import { kubevirtReady } from './ready.ts';
import { type Made, uninstall } from './uninstall.ts';
import { gatesToList, type KubevirtVersion, parseKubevirtVersion } from './versions.ts';

/** What to install, and where from. */
export interface InstallWish {
  /** Undefined: whatever is there is used, and left as it is. */
  readonly version: KubevirtVersion | undefined;
  readonly mirror: string | undefined;
  readonly changes: ManifestChanges;
  /** Milliseconds that KubeVirt may still take to get ready. */
  readonly patience: () => number;
}

/** KubeVirt, ready for guests. */
export interface Kubevirt {
  readonly version: KubevirtVersion;
  readonly namespace: string;
  readonly feed: Feed<KubevirtResource>;
}

const CRD = resourcePath({
  apiVersion: 'apiextensions.k8s.io/v1',
  plural: 'customresourcedefinitions',
  name: 'kubevirts.kubevirt.io',
});
const ESTABLISHED_MS = 60_000;
/** Uninstalling takes 27 s on a healthy cluster; a busy one gets three times that. */
const UNINSTALL_MS = 90_000;

/**
 * Brings KubeVirt to ready: the one that is there, or a release installed for this run and taken away after it.
 * @throws InfraError when the cluster has another KubeVirt than the one asked for; ProductFailure when it does not become ready.
 */
export async function provideKubevirt(
  scope: Scope,
  client: KubeClient,
  feeds: Feeds,
  wish: InstallWish,
): Promise<Kubevirt> {
  const present = await findInstalled(client, scope.signal);
  if (present === undefined && wish.version === undefined) {
    throw new InfraError('the cluster has no KubeVirt, and none is to be installed', {
      hint: 'name a version with --kubevirt, e.g. --kubevirt v1.9.0',
    });
  }
  if (present !== undefined) refuseOther(present, wish.version);
  const version = wish.version ?? versionOf(present);
  if (present === undefined) await install(scope, client, version, wish);
  const feed = await openKubevirtFeed(scope, client);
  const resource = await waitReady(scope, feeds, { feed, version, withinMs: wish.patience() });
  refuseGateOff(resource, version);
  return { version, namespace: resource.metadata.namespace, feed };
}

async function findInstalled(client: KubeClient, signal: AbortSignal): Promise<KubevirtResource | undefined> {
  if ((await client.find(CRD, { signal })) === undefined) return undefined;
  const { items } = await client.list<KubevirtResource>(
    resourcePath({ apiVersion: 'kubevirt.io/v1', plural: 'kubevirts' }),
    { signal },
  );
  return items[0];
}

function refuseOther(present: KubevirtResource, wanted: KubevirtVersion | undefined): void {
  const there =
    present.status?.observedKubeVirtVersion ?? present.status?.targetKubeVirtVersion ?? 'a KubeVirt that is not ready';
  if (wanted === undefined || there === wanted.text) return;
  throw new InfraError(`the cluster already has ${there} in ${present.metadata.namespace}, not ${wanted.text}`, {
    hint: 'test it as it is with --kubevirt existing, or uninstall it first',
  });
}

function versionOf(present: KubevirtResource | undefined): KubevirtVersion {
  const text = present?.status?.observedKubeVirtVersion ?? '';
  const version = parseKubevirtVersion(text);
  if (version !== undefined) return version;
  throw new InfraError(`the installed KubeVirt has no version that can be read: ${JSON.stringify(text)}`, {
    hint: 'name its version with --kubevirt',
  });
}

/** The gate must be in force, or every guest would be refused. */
function refuseGateOff(resource: KubevirtResource, version: KubevirtVersion): void {
  const off = sevGateOff(resource.spec.configuration?.developerConfiguration ?? {}, version);
  if (off === undefined) return;
  const { namespace, name } = resource.metadata;
  throw new InfraError(`${off.problem} in KubeVirt ${namespace}/${name}`, { hint: off.fix });
}

async function install(scope: Scope, client: KubeClient, version: KubevirtVersion, wish: InstallWish): Promise<void> {
  const operator = await fetchManifest(scope, version, { file: 'kubevirt-operator.yaml', mirror: wish.mirror });
  const custom = await fetchManifest(scope, version, { file: 'kubevirt-cr.yaml', mirror: wish.mirror });
  const objects = changeManifest(readOperatorManifest(operator.text, version, operator.place), wish.changes);
  const resource = customResource(readCustomResource(custom.text, custom.place), version, wish.changes);
  const made: Made[] = [];
  const api: Api = { client, discovery: discover(client), signal: scope.signal, made };
  scope.log.info(`installing KubeVirt ${version.text}`, { from: operator.place });
  scope.defer(`KubeVirt ${version.text}`, UNINSTALL_MS, (_, own) =>
    persist(`KubeVirt ${version.text} taken away`, { scope: own, client }, () => uninstall(own, client, made)),
  );
  for (const object of objects) await make(api, object);
  await waitEstablished(scope, client);
  await make(api, resource);
}

interface Api {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  /** The phase's: what goes on after its end would work against the undo. */
  readonly signal: AbortSignal;
  /** What is to be taken away again. */
  readonly made: Made[];
}

/** Creates the object and never takes over one that is there: the undo would delete what somebody else had made. */
async function make({ client, discovery, signal, made }: Api, object: ManifestObject): Promise<void> {
  const { kind, metadata } = object;
  const { name: _, ...place } = metadata;
  const collection = await discovery.pathOf({ ...object, metadata: place }, signal);
  made.push({ object });
  try {
    const { metadata: told } = await client.create(collection, object, { signal });
    made[made.length - 1] = { object, uid: told.uid };
  } catch (error) {
    if (!isRefusal(error, 409)) throw error;
    made.pop();
    // Somebody may have prepared it, with a pull secret in it for example.
    if (kind === 'Namespace') return;
    throw new InfraError(`the cluster already has ${kind} ${metadata.name}, which is not of this run`, {
      cause: error,
      hint: 'a KubeVirt was not taken away wholly, or is about to be installed: look who does that, and delete it first',
    });
  }
}

/** The release's CR with what the lane needs: the gate where it is not on by itself, one replica for a single node. */
function customResource(resource: ManifestObject, version: KubevirtVersion, changes: ManifestChanges): ManifestObject {
  const spec = record(resource.spec);
  const configuration = record(spec.configuration);
  const developer = record(configuration.developerConfiguration);
  const listed = Array.isArray(developer.featureGates) ? developer.featureGates : [];
  const featureGates = [...new Set([...listed, ...gatesToList(version)])];
  const pull = changes.imagePullPolicy === undefined ? {} : { imagePullPolicy: changes.imagePullPolicy };
  return {
    ...resource,
    metadata: { ...resource.metadata, labels: { ...resource.metadata.labels, ...changes.labels } },
    spec: {
      ...spec,
      ...pull,
      configuration: { ...configuration, developerConfiguration: { ...developer, featureGates } },
      infra: { ...record(spec.infra), replicas: 1 },
    },
  };
}

async function waitEstablished(scope: Scope, client: KubeClient): Promise<void> {
  const limits = { scope, withinMs: ESTABLISHED_MS, everyMs: 250, blame: 'infra' as const };
  await until('kubevirts.kubevirt.io is served', limits, async (signal) => {
    const crd = await client.find(CRD, { signal });
    const conditions = record(crd?.status).conditions;
    const established =
      Array.isArray(conditions) &&
      conditions.some((each) => record(each).type === 'Established' && record(each).status === 'True');
    return established ? { done: true, value: undefined } : { done: false, saw: 'not Established' };
  });
}

interface ReadyWait {
  readonly feed: Feed<KubevirtResource>;
  readonly version: KubevirtVersion;
  readonly withinMs: number;
}

async function waitReady(
  scope: Scope,
  feeds: Feeds,
  { feed, version, withinMs }: ReadyWait,
): Promise<KubevirtResource> {
  const wake = (notify: () => void) => {
    const stops = [feed.onChange(notify), feeds.pods.onChange(notify)];
    return () => {
      for (const stop of stops) stop();
    };
  };
  const hint = 'read the virt-operator log and the events of its namespace';
  return await until(
    `KubeVirt ${version.text} ready`,
    { scope, withinMs, everyMs: withinMs, blame: 'product', hint, wake },
    async () => {
      const [resource] = [...feed.items.values()];
      const look = kubevirtReady(resource, componentPods(feeds, resource));
      if (look.done && look.value.status?.observedKubeVirtVersion !== version.text) {
        throw new ProductFailure(
          `KubeVirt reports ${look.value.status?.observedKubeVirtVersion}, not ${version.text}, after its installation`,
        );
      }
      return look;
    },
  );
}

function componentPods(feeds: Feeds, resource: KubevirtResource | undefined): readonly Pod[] {
  const namespace = resource?.metadata.namespace;
  return [...feeds.pods.items.values()].filter(
    (pod) =>
      pod.metadata.namespace === namespace &&
      pod.metadata.labels?.['kubevirt.io'] !== 'virt-launcher' &&
      pod.metadata.deletionTimestamp === undefined,
  );
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
