import { resourcePath } from './objects.ts';

/** A kind of objects that a run leaves. */
export interface Kind {
  readonly apiVersion: string;
  readonly plural: string;
}

const kinds = (apiVersion: string, ...plurals: readonly string[]): readonly Kind[] =>
  plurals.map((plural) => ({ apiVersion, plural }));

/**
 * Everything that a run, a KubeVirt or a CDI makes, in the order in which it can be taken away: what needs KubeVirt to
 * end, then KubeVirt, which needs its operator to end, then the operator.
 */
export const SWEEP_KINDS = {
  guests: [
    ...kinds(
      'kubevirt.io/v1',
      'virtualmachines',
      'virtualmachineinstancereplicasets',
      'virtualmachineinstancemigrations',
      'virtualmachineinstances',
    ),
    ...kinds('cdi.kubevirt.io/v1beta1', 'datavolumes'),
  ],
  workloads: [...kinds('batch/v1', 'jobs'), ...kinds('v1', 'pods', 'persistentvolumeclaims')],
  kubevirt: [...kinds('kubevirt.io/v1', 'kubevirts'), ...kinds('cdi.kubevirt.io/v1beta1', 'cdis')],
  operator: [
    ...kinds('apps/v1', 'deployments', 'daemonsets'),
    ...kinds('policy/v1', 'poddisruptionbudgets'),
    ...kinds('admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations', 'mutatingwebhookconfigurations'),
    ...kinds('admissionregistration.k8s.io/v1', 'validatingadmissionpolicybindings', 'validatingadmissionpolicies'),
    ...kinds('apiregistration.k8s.io/v1', 'apiservices'),
    ...kinds('v1', 'services', 'configmaps', 'secrets', 'serviceaccounts'),
    ...kinds('rbac.authorization.k8s.io/v1', 'rolebindings', 'clusterrolebindings', 'roles', 'clusterroles'),
    ...kinds('scheduling.k8s.io/v1', 'priorityclasses'),
    ...kinds('apiextensions.k8s.io/v1', 'customresourcedefinitions'),
  ],
  namespaces: kinds('v1', 'namespaces'),
} as const satisfies Readonly<Record<string, readonly Kind[]>>;

/** Webhooks that refuse when nobody answers, and APIs that nobody serves any more: they stand in the way of all else. */
export const OBSTACLES: readonly Kind[] = SWEEP_KINDS.operator.filter(({ plural }) =>
  ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations', 'apiservices'].includes(plural),
);

/** Of the object of this kind and name. */
export function pathOfKind(
  kind: Kind,
  { namespace, name }: { readonly namespace?: string; readonly name?: string },
): string {
  return resourcePath({
    ...kind,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  });
}
