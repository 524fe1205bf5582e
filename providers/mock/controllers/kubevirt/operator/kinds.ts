import type { KubeObject } from '../../../api/objects.ts';
import { pathTo, RESOURCES, type Resource } from '../../resources.ts';

const rbac = (plural: string): Resource => ({ root: '/apis/rbac.authorization.k8s.io/v1', plural });
const admission = (plural: string): Resource => ({ root: '/apis/admissionregistration.k8s.io/v1', plural });

/** The kinds of virt-operator and of its own manifest. */
const INSTALLED: Readonly<Record<string, Resource>> = {
  Namespace: RESOURCES.namespaces,
  CustomResourceDefinition: RESOURCES.crds,
  ClusterRole: rbac('clusterroles'),
  ClusterRoleBinding: rbac('clusterrolebindings'),
  Role: rbac('roles'),
  RoleBinding: rbac('rolebindings'),
  ServiceAccount: RESOURCES.serviceAccounts,
  Service: RESOURCES.services,
  Secret: RESOURCES.secrets,
  ConfigMap: RESOURCES.configMaps,
  ValidatingWebhookConfiguration: admission('validatingwebhookconfigurations'),
  MutatingWebhookConfiguration: admission('mutatingwebhookconfigurations'),
  ValidatingAdmissionPolicy: admission('validatingadmissionpolicies'),
  ValidatingAdmissionPolicyBinding: admission('validatingadmissionpolicybindings'),
  APIService: RESOURCES.apiServices,
  PodDisruptionBudget: { root: '/apis/policy/v1', plural: 'poddisruptionbudgets' },
  PriorityClass: { root: '/apis/scheduling.k8s.io/v1', plural: 'priorityclasses' },
  NetworkPolicy: { root: '/apis/networking.k8s.io/v1', plural: 'networkpolicies' },
  Deployment: RESOURCES.deployments,
  DaemonSet: RESOURCES.daemonSets,
  Job: RESOURCES.jobs,
};

/** The collection that an installed object belongs to. @throws Error for a kind that virt-operator does not install. */
export function collectionOf(object: KubeObject): string {
  return pathTo(resourceOf(object), object.metadata.namespace);
}

/** The path of an installed object. */
export function pathOf(object: KubeObject): string {
  return pathTo(resourceOf(object), object.metadata.namespace, object.metadata.name);
}

/** Plural and group of an installed object, as `status.generations` has them. */
export function resourceOf(object: KubeObject): Resource {
  const resource = INSTALLED[object.kind];
  if (resource === undefined) throw new Error(`virt-operator installs no ${object.kind}`);
  return resource;
}
