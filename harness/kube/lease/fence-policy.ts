import { isRefusal } from '../errors.ts';
import { EPOCH_ANNOTATION, FIELD_MANAGER, LEASE_ANNOTATION } from '../fence.ts';
import type { KubeObject } from '../objects.ts';
import { RUN_LABEL } from '../sweep.ts';

/** A Lease on a cluster. */
export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export const ADMISSION = 'admissionregistration.k8s.io/v1';

/** Both objects of one Lease bear this name, so that runs under another Lease have theirs beside them. */
export function policyName({ namespace, name }: LeaseName): string {
  return `${name}-fence-${namespace}`;
}

/**
 * The policy and its binding by which the server refuses what a run writes that has lost its Lease.
 *
 * It must be in nobody's way, so it looks only at what sevlane itself creates or changes (its field manager, its label,
 * its note of this very Lease), and not at what is being deleted, whose finalizers the next holder may have to take
 * off. A Lease that is absent lets pass, and so does a policy that cannot be evaluated: both are judged before the
 * conditions are, and would stop kubelets and controllers at objects with our label. Source: kube-apiserver 1.34,
 * admission/plugin/policy.
 */
export function fencePolicy(lease: LeaseName): readonly [policy: KubeObject, binding: KubeObject] {
  const name = policyName(lease);
  const { namespace, name: leaseName } = lease;
  const metadata = {
    name,
    labels: { 'app.kubernetes.io/managed-by': 'sevlane' },
    annotations: {
      'kubernetes.io/description': `Refuses what a run of sevlane writes after it lost the lease ${namespace}/${leaseName}. Nobody else is affected, and it may be deleted at any time.`,
    },
  };
  const policy = {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: {
      failurePolicy: 'Ignore',
      paramKind: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
      matchConstraints: {
        objectSelector: { matchExpressions: [{ key: RUN_LABEL, operator: 'Exists' }] },
        resourceRules: [
          { apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['CREATE', 'UPDATE'], scope: '*' },
        ],
      },
      matchConditions: CONDITIONS,
      variables: VARIABLES,
      validations: [{ expression: IS_CURRENT, messageExpression: WHY_NOT }],
    },
  };
  const binding = {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: {
      policyName: name,
      paramRef: { namespace, name: leaseName, parameterNotFoundAction: 'Allow' },
      validationActions: ['Deny'],
    },
  };
  return [policy, binding];
}

/** The epoch in which the Lease is, when it was this policy that refused a write. */
export function epochToldBy(refusal: unknown, lease: string): number | undefined {
  const [namespace = '', name = ''] = lease.split('/');
  if (!isRefusal(refusal, 422) || !refusal.said.includes(`'${policyName({ namespace, name })}'`)) return undefined;
  const epoch = /, which is in epoch (\d+): /.exec(refusal.said)?.[1];
  return epoch === undefined ? undefined : Number(epoch);
}

const has = (map: 'labels' | 'annotations', key: string) =>
  `has(object.metadata.${map}) && '${key}' in object.metadata.${map}`;

const CONDITIONS = [
  {
    name: 'written-by-sevlane',
    expression: `has(request.options.fieldManager) && request.options.fieldManager == '${FIELD_MANAGER}'`,
  },
  { name: 'object-of-a-run', expression: has('labels', RUN_LABEL) },
  {
    name: 'under-this-lease',
    expression: `${has('annotations', LEASE_ANNOTATION)} && object.metadata.annotations['${LEASE_ANNOTATION}'] == params.metadata.namespace + '/' + params.metadata.name`,
  },
  { name: 'not-being-deleted', expression: '!has(object.metadata.deletionTimestamp)' },
];

const VARIABLES = [
  {
    name: 'epoch',
    expression: `${has('annotations', EPOCH_ANNOTATION)} ? object.metadata.annotations['${EPOCH_ANNOTATION}'] : 'none'`,
  },
  {
    name: 'current',
    expression: 'has(params.spec) && has(params.spec.leaseTransitions) ? params.spec.leaseTransitions : 0',
  },
];

/** Nothing in it can fail: what fails would be let pass. */
const IS_CURRENT = "variables.epoch.matches('^-?[0-9]{1,18}$') && int(variables.epoch) >= variables.current";
const WHY_NOT =
  "'written in epoch ' + variables.epoch + ' of lease ' + params.metadata.namespace + '/' + params.metadata.name + ', which is in epoch ' + string(variables.current) + ': another run has the cluster'";
