import type { KubeClient } from '../kube/client.ts';
import { isRefusal } from '../kube/errors.ts';
import { type Feed, type FeedOptions, openFeed } from '../kube/feed.ts';
import { type KubeObject, type ResourcePath, resourcePath } from '../kube/objects.ts';
import type { Scope } from '../scope/scope.ts';
import type { KubevirtResource, Node, Pod, Vmi } from './objects.ts';
import type { ClusterEvent, Conditioned, Workload } from './readiness/state.ts';

/** What the whole run watches: one list and one watch a kind serve every wait and every look. */
export interface Feeds {
  readonly nodes: Feed<Node>;
  /** KubeVirt's components and the launchers of all guests: everything with the label `kubevirt.io`. */
  readonly pods: Feed<Pod>;
}

/** What can be watched once KubeVirt's API is there. */
export interface KubevirtFeeds extends Feeds {
  readonly kubevirts: Feed<KubevirtResource>;
  /** Only the guests of this run. */
  readonly vmis: Feed<Vmi>;
}

/** What is watched of an installation only until it is ready. Kinds that may not be read are undefined: less is told then. */
export interface ComponentFeeds {
  readonly deployments: Feed<Workload> | undefined;
  readonly daemonSets: Feed<Workload> | undefined;
  readonly replicaSets: Feed<Workload> | undefined;
  readonly events: Feed<ClusterEvent> | undefined;
  readonly namespaces: Feed<Conditioned> | undefined;
  readonly apiServices: Feed<Conditioned> | undefined;
}

/** Starts to watch what every cluster has. */
export async function openFeeds(scope: Scope, client: KubeClient): Promise<Feeds> {
  const [nodes, pods] = await Promise.all([
    openFeed<Node>(scope, client, resourcePath({ apiVersion: 'v1', plural: 'nodes' })),
    openFeed<Pod>(scope, client, resourcePath({ apiVersion: 'v1', plural: 'pods' }), { labelSelector: 'kubevirt.io' }),
  ]);
  return { nodes, pods };
}

/** Starts to watch the KubeVirt resources. */
export async function openKubevirtFeed(scope: Scope, client: KubeClient): Promise<Feed<KubevirtResource>> {
  return await openFeed<KubevirtResource>(
    scope,
    client,
    resourcePath({ apiVersion: 'kubevirt.io/v1', plural: 'kubevirts' }),
  );
}

/** Starts to watch what tells why components in this namespace do not get ready. */
export async function openComponentFeeds(scope: Scope, client: KubeClient, namespace: string): Promise<ComponentFeeds> {
  const apps = { apiVersion: 'apps/v1', namespace };
  const itself = { fieldSelector: `metadata.name=${namespace}` };
  const [deployments, daemonSets, replicaSets, events, namespaces, apiServices] = await Promise.all([
    openIfAllowed<Workload>(scope, client, { ...apps, plural: 'deployments' }),
    openIfAllowed<Workload>(scope, client, { ...apps, plural: 'daemonsets' }),
    openIfAllowed<Workload>(scope, client, { ...apps, plural: 'replicasets' }),
    openIfAllowed<ClusterEvent>(
      scope,
      client,
      { apiVersion: 'v1', plural: 'events', namespace },
      { fieldSelector: 'type=Warning' },
    ),
    openIfAllowed<Conditioned>(scope, client, { apiVersion: 'v1', plural: 'namespaces' }, itself),
    openIfAllowed<Conditioned>(scope, client, { apiVersion: 'apiregistration.k8s.io/v1', plural: 'apiservices' }),
  ]);
  return { deployments, daemonSets, replicaSets, events, namespaces, apiServices };
}

/** Starts to watch the guests that carry the run's label. */
export async function openGuestFeed(scope: Scope, client: KubeClient, runId: string): Promise<Feed<Vmi>> {
  const path = resourcePath({ apiVersion: 'kubevirt.io/v1', plural: 'virtualmachineinstances' });
  return await openFeed<Vmi>(scope, client, path, { labelSelector: `sevlane/run=${runId}` });
}

async function openIfAllowed<T extends KubeObject>(
  scope: Scope,
  client: KubeClient,
  resource: ResourcePath,
  options: FeedOptions = {},
): Promise<Feed<T> | undefined> {
  try {
    return await openFeed<T>(scope, client, resourcePath(resource), options);
  } catch (error) {
    if (!isRefusal(error, 401, 403, 404)) throw error;
    scope.log.detail(`${resource.plural} cannot be watched, so they will tell nothing`, { why: error.said });
    return undefined;
  }
}
