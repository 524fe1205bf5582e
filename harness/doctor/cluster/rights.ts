import { InfraError } from '../../errors/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import { at } from './fields.ts';

/** One thing that a run does, in the words of an access review. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  /** What a run does without it; absent when it cannot do without. */
  readonly otherwise?: string;
}

// Server-side apply of an object that is not there needs patch and create.
const CRUD = ['get', 'list', 'create', 'patch', 'delete'];
const RBAC = 'rbac.authorization.k8s.io';

/** Kinds of the operator's manifest and of what a sweep removes. */
const INSTALLED: readonly (readonly [group: string, resource: string])[] = [
  ['', 'namespaces'],
  ['', 'serviceaccounts'],
  ['', 'configmaps'],
  ['', 'secrets'],
  ['', 'services'],
  ['', 'persistentvolumeclaims'],
  ['', 'pods'],
  ['apps', 'deployments'],
  ['apps', 'daemonsets'],
  ['batch', 'jobs'],
  [RBAC, 'roles'],
  [RBAC, 'rolebindings'],
  [RBAC, 'clusterroles'],
  [RBAC, 'clusterrolebindings'],
  ['scheduling.k8s.io', 'priorityclasses'],
  ['apiextensions.k8s.io', 'customresourcedefinitions'],
  ['apiregistration.k8s.io', 'apiservices'],
  ['admissionregistration.k8s.io', 'validatingwebhookconfigurations'],
  ['admissionregistration.k8s.io', 'mutatingwebhookconfigurations'],
  ['kubevirt.io', 'kubevirts'],
  ['kubevirt.io', 'virtualmachines'],
  ['kubevirt.io', 'virtualmachineinstances'],
  ['kubevirt.io', 'virtualmachineinstancemigrations'],
  ['kubevirt.io', 'virtualmachineinstancereplicasets'],
];

/** Everything that a run does: the lease, the sweep, the installation, the guests, and what it watches. */
export function neededRights(leaseNamespace: string): readonly Right[] {
  const right = (verb: string, group: string, resource: string, more: Partial<Right> = {}): Right => ({
    ...{ verb, group, resource },
    ...more,
  });
  return [
    ...['get', 'create', 'update'].map((verb) =>
      right(verb, 'coordination.k8s.io', 'leases', { namespace: leaseNamespace }),
    ),
    ...INSTALLED.flatMap(([group, resource]) => CRUD.map((verb) => right(verb, group, resource))),
    // Roles with more rights than our own: those of KubeVirt's components.
    ...['roles', 'clusterroles'].flatMap((resource) => ['escalate', 'bind'].map((verb) => right(verb, RBAC, resource))),
    // The nodes get their labels back.
    ...['list', 'watch', 'patch'].map((verb) => right(verb, '', 'nodes')),
    right('watch', '', 'pods'),
    right('watch', 'kubevirt.io', 'kubevirts'),
    right('watch', 'kubevirt.io', 'virtualmachineinstances'),
    right('create', '', 'pods', { subresource: 'exec' }),
    right('get', '', 'pods', { subresource: 'exec' }),
    right('get', 'subresources.kubevirt.io', 'virtualmachineinstances', { subresource: 'console' }),
    ...wishedRights(leaseNamespace),
  ];
}

/** A run is whole without these, and tells less or leaves a little more. */
function wishedRights(leaseNamespace: string): readonly Right[] {
  const leases = { group: 'coordination.k8s.io', resource: 'leases' };
  const inQueue = { ...leases, namespace: leaseNamespace, otherwise: 'waits without a place in the queue' };
  const ofLeaders = {
    ...leases,
    otherwise: "leaves Leases of KubeVirt's leaders in a namespace that was there before",
  };
  const budgets = { group: 'policy', resource: 'poddisruptionbudgets' };
  return [
    { verb: 'list', group: '*', resource: '*', otherwise: 'does not compare kinds that it may not list' },
    ...['list', 'patch', 'delete'].map((verb) => ({ verb, ...inQueue })),
    ...['list', 'delete'].map((verb) => ({ verb, ...ofLeaders })),
    ...['list', 'delete'].map((verb) => ({
      ...{ verb, ...budgets },
      otherwise: 'leaves what budgets an operator that is dead had made',
    })),
  ];
}

/**
 * Which of the needed rights this user lacks. One question when everything is allowed, else one for each right.
 * @throws InfraError when the server does not answer as an access review does.
 */
export async function missingRights(
  client: KubeClient,
  leaseNamespace: string,
  signal: AbortSignal,
): Promise<readonly Right[]> {
  return await missingAmong(client, neededRights(leaseNamespace), signal);
}

/** The same of these rights. */
export async function missingAmong(
  client: KubeClient,
  needed: readonly Right[],
  signal: AbortSignal,
): Promise<readonly Right[]> {
  if (await allows(client, { verb: '*', group: '*', resource: '*' }, signal)) return [];
  const allowed = await Promise.all(needed.map((right) => allows(client, right, signal)));
  return needed.filter((_, index) => !allowed[index]);
}

/** `create pods/exec`, `update leases.coordination.k8s.io in kube-system`. */
export function rightText({ verb, group, resource, subresource, namespace }: Right): string {
  const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
  return `${verb} ${what}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

async function allows(client: KubeClient, { otherwise: _, ...right }: Right, signal: AbortSignal): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: {},
    spec: { resourceAttributes: right },
  };
  const { text } = await client.request({ method: 'POST', path: REVIEWS, body: review, signal });
  const allowed = at(parsed(text), 'status', 'allowed');
  if (typeof allowed !== 'boolean') throw new InfraError('the answer to an access review says neither yes nor no');
  return allowed;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InfraError('the answer to an access review is not JSON', { cause });
  }
}
