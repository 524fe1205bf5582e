import type { KubeClient } from './client.ts';
import { isRefusal } from './errors.ts';
import { type KubeObject, objectKey, resourcePath } from './objects.ts';

/** In which KubeVirt's replicas elect a leader; they stay when it goes. Source: KubeVirt, pkg/virt-operator, pkg/virt-controller/leaderelectionconfig. */
const NAMES = ['virt-operator', 'virt-controller'];

const LEASES = { apiVersion: 'coordination.k8s.io/v1', plural: 'leases' };

/** The leases of KubeVirt's leaders in all namespaces, as `namespace/name`; undefined when we may not look. */
export async function leaderLeases(client: KubeClient, signal: AbortSignal): Promise<readonly string[] | undefined> {
  return (await find(client, signal))?.map(objectKey);
}

/** Takes away those that were not there before. Only for when no KubeVirt lives in the cluster: it would make them again. */
export async function removeLeaderLeases(
  client: KubeClient,
  { before, signal }: { readonly before: readonly string[]; readonly signal: AbortSignal },
): Promise<void> {
  for (const lease of (await find(client, signal)) ?? []) {
    if (before.includes(objectKey(lease))) continue;
    const { namespace = '', name = '', uid } = lease.metadata;
    const preconditions = uid === undefined ? {} : { uid };
    await client.delete(resourcePath({ ...LEASES, namespace, name }), { signal, preconditions }).catch((error) => {
      // Somebody put another in its place; or we may not, and the comparison tells of it.
      if (!isRefusal(error, 403, 409)) throw error;
    });
  }
}

async function find(client: KubeClient, signal: AbortSignal): Promise<readonly KubeObject[] | undefined> {
  try {
    const { items } = await client.list(resourcePath(LEASES), { signal });
    return items.filter(({ metadata }) => NAMES.includes(metadata.name ?? ''));
  } catch (error) {
    if (!isRefusal(error, 403)) throw error;
    return undefined;
  }
}
