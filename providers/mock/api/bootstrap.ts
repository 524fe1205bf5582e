import { BOOTSTRAP_BINDINGS, BOOTSTRAP_ROLES, ruleOf } from './auth/bootstrap-roles.ts';
import { type Core, timestamp } from './core.ts';
import type { KubeObject } from './objects.ts';
import { trackUpdate } from './patch/track-update.ts';
import { storageKey } from './store.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Puts in place what a new cluster has before anybody has asked for anything. */
export function bootstrap(core: Core): void {
  for (const name of ['kube-system', 'kube-public', 'default', 'kube-node-lease'])
    put(core, 'namespaces', namespace(name));
  for (const [name, lines] of Object.entries(BOOTSTRAP_ROLES))
    put(core, `clusterroles.${RBAC}`, clusterRole(name, lines));
  for (const [name, subjects] of Object.entries(BOOTSTRAP_BINDINGS)) {
    put(core, `clusterrolebindings.${RBAC}`, clusterRoleBinding(name, subjects));
  }
  put(core, 'priorityclasses.scheduling.k8s.io', priorityClass('system-node-critical', 2_000_001_000));
  put(core, 'priorityclasses.scheduling.k8s.io', priorityClass('system-cluster-critical', 2_000_000_000));
  for (const object of SYSTEM_CONFIG_MAPS) put(core, 'configmaps', object);
  put(core, 'services', kubernetesService(core));
}

type Draft = Omit<KubeObject, 'metadata'> & { readonly metadata: KubeObject['metadata'] };

function put(core: Core, resource: string, object: Draft): void {
  const { name = '', namespace: place = '' } = object.metadata;
  const system = { uid: crypto.randomUUID(), creationTimestamp: timestamp(core) };
  const own = { ...object, metadata: { ...system, ...object.metadata } } as KubeObject;
  const type = core.registry.types.find((one) => storageKey(one) === resource);
  const next = type?.strategy.defaults(own) ?? own;
  const by = { manager: 'kube-apiserver', subresource: '', time: timestamp(core) };
  const stored = type?.strategy.prepareForCreate(trackUpdate({ old: undefined, next, type, ...by })) ?? next;
  core.store.create({ resource, namespace: place, name }, stored);
}

function namespace(name: string): Draft {
  return {
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  };
}

const DEFAULTS = {
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
};

const AGGREGATED = new Set(['admin', 'edit', 'view']);

function clusterRole(name: string, lines: readonly string[]): Draft {
  const to = /^system:aggregate-to-(.+)$/.exec(name)?.[1];
  const label = to === undefined ? {} : { [`rbac.authorization.k8s.io/aggregate-to-${to}`]: 'true' };
  const matchLabels = { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true' };
  return {
    kind: 'ClusterRole',
    apiVersion: `${RBAC}/v1`,
    metadata: { name, ...DEFAULTS, labels: { ...DEFAULTS.labels, ...label } },
    ...(AGGREGATED.has(name) ? { aggregationRule: { clusterRoleSelectors: [{ matchLabels }] } } : {}),
    rules: lines.map(ruleOf),
  };
}

function clusterRoleBinding(name: string, subjects: (typeof BOOTSTRAP_BINDINGS)[string]): Draft {
  return {
    kind: 'ClusterRoleBinding',
    apiVersion: `${RBAC}/v1`,
    metadata: { name, ...DEFAULTS },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
    subjects: subjects.map(([kind, who]) => {
      if (kind !== 'ServiceAccount') return { kind, apiGroup: RBAC, name: who };
      const [place = '', account = ''] = who.split('/');
      return { kind, name: account, namespace: place };
    }),
  };
}

function priorityClass(name: string, value: number): Draft {
  return {
    kind: 'PriorityClass',
    apiVersion: 'scheduling.k8s.io/v1',
    metadata: { name, generation: 1 },
    value,
    description: `Used for system critical pods that must ${name === 'system-node-critical' ? 'not be moved from their current node' : 'run in the cluster, but can be moved to another node if necessary'}.`,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

const SYSTEM_CONFIG_MAPS: readonly Draft[] = [
  'extension-apiserver-authentication',
  'kube-apiserver-legacy-service-account-token-tracking',
].map((name) => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { name, namespace: 'kube-system' },
  data: name.startsWith('extension')
    ? { 'requestheader-username-headers': '["X-Remote-User"]' }
    : { since: '2024-01-01' },
}));

function kubernetesService(core: Core): Draft {
  const first = core.serviceCidr.replace(/\d+\/\d+$/, '1');
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
      clusterIP: first,
      clusterIPs: [first],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    },
    status: { loadBalancer: {} },
  };
}
