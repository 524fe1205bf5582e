import { InfraError } from '../../errors/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { listAt, textAt } from './fields.ts';
import { missingAmong, type Right } from './rights.ts';

/** What stands in the way of a fence that the server keeps too. */
export interface FencingGround {
  /** Whether the server has admission policies at all. */
  readonly isServed: boolean;
  readonly missing: readonly Right[];
}

const ADMISSION = 'admissionregistration.k8s.io';
const POLICIES = ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'];

/** Looks whether a run could have the server fence it; nothing is changed. @throws InfraError as access reviews do. */
export async function fencingGround(
  client: KubeClient,
  leaseNamespace: string,
  signal: AbortSignal,
): Promise<FencingGround> {
  const path = `/apis/${ADMISSION}/v1`;
  const served = await client.get(path, { signal });
  if (textAt(served, 'kind') !== 'APIResourceList')
    throw new InfraError(`get ${path}: the answer is no list of resources`);
  const names = listAt(served, 'resources').map((resource) => textAt(resource, 'name'));
  if (!POLICIES.every((plural) => names.includes(plural))) return { isServed: false, missing: [] };
  return { isServed: true, missing: await missingAmong(client, neededFor(leaseNamespace), signal) };
}

/** To put it up and to try it. A policy may only look at what its author may read: here all Leases. */
function neededFor(leaseNamespace: string): readonly Right[] {
  return [
    ...POLICIES.flatMap((resource) => ['create', 'patch'].map((verb) => ({ verb, group: ADMISSION, resource }))),
    { verb: 'get', group: 'coordination.k8s.io', resource: 'leases' },
    { verb: 'create', group: '', resource: 'configmaps', namespace: leaseNamespace },
  ];
}
