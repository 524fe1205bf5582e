import { ProductFailure } from '../errors/errors.ts';
import type { Feed } from '../kube/feed.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { Feeds } from './feeds.ts';
import type { KubevirtResource, Pod } from './objects.ts';
import { kubevirtReady } from './ready.ts';
import type { KubevirtVersion } from './versions.ts';

interface ReadyWait {
  readonly feed: Feed<KubevirtResource>;
  readonly version: KubevirtVersion;
  readonly withinMs: number;
}

/** Waits until KubeVirt is settled in its wanted version. @throws ProductFailure when it is not within the time. */
export async function waitReady(
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
