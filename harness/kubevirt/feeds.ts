import type { KubeClient } from '../kube/client.ts';
import { type Feed, openFeed } from '../kube/feed.ts';
import { resourcePath } from '../kube/objects.ts';
import type { Scope } from '../scope/scope.ts';
import type { KubevirtResource, Node, Pod, Vmi } from './objects.ts';

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

/** Starts to watch the guests that carry the run's label. */
export async function openGuestFeed(scope: Scope, client: KubeClient, runId: string): Promise<Feed<Vmi>> {
  const path = resourcePath({ apiVersion: 'kubevirt.io/v1', plural: 'virtualmachineinstances' });
  return await openFeed<Vmi>(scope, client, path, { labelSelector: `sevlane/run=${runId}` });
}
