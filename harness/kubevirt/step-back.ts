import { InfraError } from '../errors/errors.ts';
import { openFeed } from '../kube/feed.ts';
import { type KubeObject, resourcePath } from '../kube/objects.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { Api } from './apply.ts';
import type { KubevirtResource } from './objects.ts';
import type { Workload } from './readiness/state.ts';
import { fieldsOf, itemsOf, valueAt } from './record.ts';

/** What a newer release changes in a way that an older one cannot take back by itself. */
export interface Before {
  readonly namespace: string;
  readonly finalizers: readonly string[];
  /** API versions by the name of their definition. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
}

const DEFINITIONS = resourcePath({ apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' });
const OPERATOR = 'virt-operator';
const ROLLED_MS = 120_000;

/** Looks at what stands before an upgrade. */
export async function lookBefore({ client, signal }: Api, { metadata }: KubevirtResource): Promise<Before> {
  const { items } = await client.list(DEFINITIONS, { signal });
  const own = items.filter(isKubevirts);
  return {
    namespace: metadata.namespace,
    finalizers: metadata.finalizers ?? [],
    versions: new Map(own.map((each) => [each.metadata.name ?? '', versionsOf(each)])),
  };
}

/**
 * Kubernetes takes no definition that lacks a version in which objects were once stored, so an older release cannot put
 * back its own: where nothing is stored, the definition is deleted, and the operator makes it anew.
 * @throws InfraError when objects are stored in such a version.
 */
export async function dropNewerStorage(scope: Scope, api: Api, before: Before): Promise<void> {
  const { client, signal } = api;
  const { items } = await client.list(DEFINITIONS, { signal });
  const newer = items.filter((each) => newerStorage(each, before) !== undefined);
  if (newer.length === 0) return;
  // The newer operator would make them again as they are.
  await untilRolled(scope, api, before.namespace);
  for (const definition of newer) {
    const { name = '', uid } = definition.metadata;
    const stored = newerStorage(definition, before) ?? '';
    const spec = fieldsOf(definition.spec);
    const [group, plural] = [String(spec.group), String(fieldsOf(spec.names).plural)];
    const { items: objects } = await client.list(resourcePath({ apiVersion: `${group}/${stored}`, plural }), {
      signal,
    });
    if (objects.length > 0) {
      throw new InfraError(
        `${objects.length} ${name} may be stored as ${stored}, which the older release does not know`,
        {
          hint: 'delete them, and let the older operator make its definition again',
        },
      );
    }
    scope.log.info(`${name} is stored as ${stored}, which the older release does not know, and holds nothing: deleted`);
    await client.delete(`${DEFINITIONS}/${name}`, { signal, ...(uid === undefined ? {} : { preconditions: { uid } }) });
  }
}

/** A finalizer that only the newer release knows would keep the KubeVirt object for ever. */
export async function dropNewerFinalizers(
  { client, signal }: Api,
  before: Before,
  { metadata }: KubevirtResource,
): Promise<void> {
  const present = metadata.finalizers ?? [];
  const kept = present.filter((each) => before.finalizers.includes(each) || !/foregroundDeleteKubeVirt$/.test(each));
  if (kept.length === present.length) return;
  const { name, namespace, resourceVersion } = metadata;
  const path = resourcePath({ apiVersion: 'kubevirt.io/v1', plural: 'kubevirts', namespace, name });
  await client.patch(path, { metadata: { finalizers: kept, resourceVersion } }, { type: 'merge', signal });
}

/** Waits until every pod of virt-operator is of the template that was applied last. */
async function untilRolled(scope: Scope, { client }: Api, namespace: string): Promise<void> {
  const own = scope.child();
  try {
    const path = resourcePath({ apiVersion: 'apps/v1', plural: 'deployments', namespace });
    const feed = await openFeed<Workload>(own, client, path);
    const limits = { scope: own, withinMs: ROLLED_MS, everyMs: ROLLED_MS, blame: 'product' as const };
    await until(`${OPERATOR} rolled back`, { ...limits, wake: feed.onChange }, async () => {
      const { metadata, spec, status = {} } = feed.items.get(`${namespace}/${OPERATOR}`) ?? {};
      const { replicas = 0, updatedReplicas = 0, observedGeneration } = status;
      const isRolled =
        observedGeneration === metadata?.generation &&
        updatedReplicas >= (spec?.replicas ?? 1) &&
        replicas === updatedReplicas;
      return isRolled
        ? { done: true, value: undefined }
        : { done: false, saw: `${updatedReplicas} of ${replicas} pods are of the older release` };
    });
  } finally {
    await own.close();
  }
}

function isKubevirts({ metadata }: KubeObject): boolean {
  return /(^|\.)kubevirt\.io$/.test(metadata.name ?? '');
}

function versionsOf(definition: KubeObject): readonly string[] {
  return itemsOf(valueAt(definition, ['spec', 'versions'])).map((version) => String(fieldsOf(version).name));
}

/** The version in which objects are stored and that was not there before; undefined when there is none. */
function newerStorage(definition: KubeObject, { versions }: Before): string | undefined {
  const known = versions.get(definition.metadata.name ?? '');
  const stored = itemsOf(valueAt(definition, ['status', 'storedVersions'])).map(String);
  return known && stored.find((version) => !known.includes(version));
}
