import type { Feed } from '../../kube/feed.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { ComponentFeeds } from '../feeds.ts';
import type { Pod } from '../objects.ts';
import type { ClusterEvent, ComponentState, Conditioned, Workload } from './state.ts';

interface Watched {
  readonly namespace: string;
  /** May hold guests, and pods of other namespaces. */
  readonly pods: Feed<Pod>;
  readonly components: ComponentFeeds;
}

/** What the feeds know at this moment of the components in the namespace. A feed that ended tells nothing more. */
export function componentState({ namespace, pods, components }: Watched): ComponentState {
  const own = itemsOf(pods).filter(
    ({ metadata }) =>
      metadata.namespace === namespace &&
      metadata.labels?.['kubevirt.io'] !== 'virt-launcher' &&
      metadata.deletionTimestamp === undefined,
  );
  const named = (kind: string, items: readonly Workload[]) => items.map((item) => ({ ...item, kind }));
  const names = new Set(own.map(({ metadata }) => metadata.name));
  return {
    pods: own,
    deployments: named('Deployment', itemsOf(components.deployments)),
    daemonSets: named('DaemonSet', itemsOf(components.daemonSets)),
    replicaSets: named('ReplicaSet', itemsOf(components.replicaSets)),
    events: itemsOf(components.events).filter((event) => isAboutNow(event, names)),
    namespace: itemsOf(components.namespaces).find(({ metadata }) => metadata.name === namespace),
    apiServices: itemsOf(components.apiServices).filter((service) => isServedFrom(service, namespace)),
  };
}

/** Is itself the `wake` of until(): calls back when anything of it changes. */
export function onComponentChange({ pods, components }: Omit<Watched, 'namespace'>): Feed['onChange'] {
  const feeds: readonly (Pick<Feed, 'onChange'> | undefined)[] = [pods, ...Object.values(components)];
  return (notify) => {
    const stops = feeds.map((feed) => feed?.onChange(notify));
    return () => {
      for (const stop of stops) stop?.();
    };
  };
}

/** Pods are fed for the whole run, and their end ends it; what only explains may be missing. */
function itemsOf<T extends KubeObject>(feed: Feed<T> | undefined): readonly T[] {
  return feed?.isLive === true ? [...feed.items.values()] : [];
}

/** Events outlive the pods that they are about by an hour. */
function isAboutNow({ involvedObject }: ClusterEvent, pods: ReadonlySet<string>): boolean {
  return involvedObject?.kind !== 'Pod' || pods.has(involvedObject.name ?? '');
}

function isServedFrom(service: Conditioned, namespace: string): boolean {
  const spec = service.spec as { readonly service?: { readonly namespace?: string } } | undefined;
  return spec?.service?.namespace === namespace;
}
