/** The root of a resource's paths, e.g. `/apis/apps/v1` and `deployments`. */
export interface Resource {
  readonly root: string;
  readonly plural: string;
}

const core = (plural: string): Resource => ({ root: '/api/v1', plural });
const grouped = (groupVersion: string, plural: string): Resource => ({ root: `/apis/${groupVersion}`, plural });

/** The resources that controllers ask for by name. */
export const RESOURCES = {
  pods: core('pods'),
  nodes: core('nodes'),
  namespaces: core('namespaces'),
  services: core('services'),
  serviceAccounts: core('serviceaccounts'),
  configMaps: core('configmaps'),
  secrets: core('secrets'),
  events: core('events'),
  deployments: grouped('apps/v1', 'deployments'),
  replicaSets: grouped('apps/v1', 'replicasets'),
  statefulSets: grouped('apps/v1', 'statefulsets'),
  daemonSets: grouped('apps/v1', 'daemonsets'),
  controllerRevisions: grouped('apps/v1', 'controllerrevisions'),
  jobs: grouped('batch/v1', 'jobs'),
  leases: grouped('coordination.k8s.io/v1', 'leases'),
  budgets: grouped('policy/v1', 'poddisruptionbudgets'),
  endpointSlices: grouped('discovery.k8s.io/v1', 'endpointslices'),
  clusterRoles: grouped('rbac.authorization.k8s.io/v1', 'clusterroles'),
  crds: grouped('apiextensions.k8s.io/v1', 'customresourcedefinitions'),
  apiServices: grouped('apiregistration.k8s.io/v1', 'apiservices'),
  subjectAccessReviews: grouped('authorization.k8s.io/v1', 'subjectaccessreviews'),
  kubeVirts: grouped('kubevirt.io/v1', 'kubevirts'),
  vms: grouped('kubevirt.io/v1', 'virtualmachines'),
  vmis: grouped('kubevirt.io/v1', 'virtualmachineinstances'),
  vmiReplicaSets: grouped('kubevirt.io/v1', 'virtualmachineinstancereplicasets'),
  migrations: grouped('kubevirt.io/v1', 'virtualmachineinstancemigrations'),
} as const satisfies Record<string, Resource>;

/** The path of a collection (all namespaces when none is given), of one object, or of its subresource. */
export function pathTo(resource: Resource, namespace?: string, name?: string, subresource?: string): string {
  const scope = namespace === undefined || namespace === '' ? '' : `/namespaces/${namespace}`;
  const tail = name === undefined ? '' : `/${encodeURIComponent(name)}${subresource ? `/${subresource}` : ''}`;
  return `${resource.root}${scope}/${resource.plural}${tail}`;
}
