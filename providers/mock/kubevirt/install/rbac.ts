import type { KubeObject } from '../../api/objects.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';
import { CLUSTER_ROLES, NAMESPACE_ROLES } from './rbac-tables.ts';

/** A rule of an RBAC role. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Service accounts, roles and bindings that the operator makes, each after what it refers to. */
export function rbacObjects(version: KubevirtVersion, namespace: string): readonly KubeObject[] {
  const clusterRoles = Object.entries(CLUSTER_ROLES).map(([name, table]) =>
    clusterRole(name, readRules(table, version)),
  );
  const components = Object.keys(NAMESPACE_ROLES);
  return [
    ...components.map((name) => serviceAccount(name, namespace)),
    ...clusterRoles,
    ...components.map((name) => clusterRoleBinding(name, name, account(name, namespace))),
    clusterRoleBinding(
      'kubevirt-apiserver-auth-delegator',
      'system:auth-delegator',
      account('kubevirt-apiserver', namespace),
    ),
    ...['kubevirt.io:default', 'instancetype.kubevirt.io:view'].map((name) =>
      clusterRoleBinding(name, name, everybody),
    ),
    ...Object.entries(NAMESPACE_ROLES).flatMap(([name, table]) => [
      role(name, namespace, readRules(table, version)),
      roleBinding(name, name, namespace),
    ]),
  ];
}

/** Reads a role's table (rbac-tables.ts) as it stands in a release. */
export function readRules(table: string, version: KubevirtVersion): readonly PolicyRule[] {
  return table
    .trim()
    .split('\n')
    .flatMap((row) => {
      const [, since, rule = row] = /^since (\S+) (.*)$/.exec(row) ?? [];
      if (since !== undefined && !atLeast(version, since)) return [];
      const [groups = [], resources = [], verbs = []] = rule.split(' ; ').map((part) => part.split(','));
      return [{ apiGroups: groups.map((group) => (group === '-' ? '' : group)), resources, verbs }];
    });
}

/** A ServiceAccount of KubeVirt's. */
export function serviceAccount(name: string, namespace: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels: { 'kubevirt.io': '' } } };
}

/** A Role in KubeVirt's namespace. */
export function role(name: string, namespace: string, rules: readonly PolicyRule[]): KubeObject {
  return { apiVersion: RBAC, kind: 'Role', metadata: { name, namespace, labels: { 'kubevirt.io': '' } }, rules };
}

/** A RoleBinding that gives the Role `name` to the service account of the same name. */
export function roleBinding(bindingName: string, name: string, namespace: string): KubeObject {
  return {
    apiVersion: RBAC,
    kind: 'RoleBinding',
    metadata: { name: bindingName, namespace, labels: { 'kubevirt.io': '' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [account(name, namespace)],
  };
}

/** A ClusterRole of KubeVirt's; those for people are aggregated to the cluster's roles of the same name. */
export function clusterRole(name: string, rules: readonly PolicyRule[]): KubeObject {
  const [, aggregated] = /^kubevirt\.io:(admin|edit|view)$/.exec(name) ?? [];
  const bootstrap = name === 'kubevirt.io:default' || name === 'instancetype.kubevirt.io:view';
  const labels = {
    'kubevirt.io': '',
    ...(aggregated !== undefined && { [`rbac.authorization.k8s.io/aggregate-to-${aggregated}`]: 'true' }),
    ...(bootstrap && { 'kubernetes.io/bootstrapping': 'rbac-defaults' }),
  };
  return { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name, labels }, rules };
}

/** A ClusterRoleBinding of KubeVirt's. */
export function clusterRoleBinding(name: string, roleName: string, subject: object): KubeObject {
  return {
    apiVersion: RBAC,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: { 'kubevirt.io': '' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
    subjects: [subject],
  };
}

/** The subject of a binding: one of KubeVirt's service accounts. */
export function account(name: string, namespace: string): object {
  return { kind: 'ServiceAccount', name, namespace };
}

const RBAC = 'rbac.authorization.k8s.io/v1';
const everybody = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' };
