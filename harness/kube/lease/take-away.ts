import type { Scope } from '../../scope/scope.ts';
import type { KubeClient } from '../client.ts';
import { discover } from '../discovery.ts';
import { isRefusal } from '../errors.ts';
import { resourcePath } from '../objects.ts';
import { fencePolicy, type LeaseName } from './fence-policy.ts';
import { LEASE_API } from './record.ts';
import { viewLease } from './view.ts';

/**
 * Takes away what else stays on purpose beside a lease: the policy by which the server fences, its binding first, and
 * the places of waiting runs in the queue. One that still waits puts its own up again. Only for the holder, and only
 * when asked to: the next run puts the policy up again. @returns how many objects are gone.
 */
export async function takeFenceAway(scope: Scope, client: KubeClient, lease: LeaseName): Promise<number> {
  const { signal } = scope;
  const find = discover(client);
  const policies = await Promise.all(fencePolicy(lease).map((object) => find.findPath(object, signal)));
  const { queue } = await viewLease(client, lease, signal);
  const leases = { apiVersion: LEASE_API, plural: 'leases', namespace: lease.namespace };
  const places = queue.map(({ metadata: { name = '' } }) => resourcePath({ ...leases, name }));
  let count = 0;
  for (const path of [...policies.reverse(), ...places]) {
    if (path === undefined || (await client.find(path, { signal }).catch(unlessRefused)) === undefined) continue;
    await client.delete(path, { signal });
    scope.log.info(`taken away ${path}`);
    count += 1;
  }
  return count;
}

/** What an account may not even look at it has not made. */
function unlessRefused(error: unknown): undefined {
  if (!isRefusal(error, 403)) throw error;
  return undefined;
}
