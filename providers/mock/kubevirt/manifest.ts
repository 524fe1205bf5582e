import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../api/objects.ts';
import { crdsOf } from './crds/crds.ts';
import {
  account,
  clusterRole,
  clusterRoleBinding,
  readRules,
  role,
  roleBinding,
  serviceAccount,
} from './install/rbac.ts';
import { OPERATOR_RULES } from './install/rbac-tables.ts';
import { operatorDeployment } from './install/workloads.ts';
import type { KubevirtVersion } from './version.ts';
import { KNOWN_VERSIONS } from './versions.ts';
import { yamlText } from './yaml-text.ts';

/** The objects of a release's `kubevirt-operator.yaml`, composed by us, in the order of the real file. */
export function operatorManifest(version: KubevirtVersion): readonly KubeObject[] {
  const namespace = 'kubevirt';
  const [ofKubevirt] = crdsOf(version);
  if (ofKubevirt === undefined) throw new Error(`KubeVirt ${version.text} has no definition of its own CR`);
  const ownRules = [
    {
      apiGroups: [''],
      resources: ['secrets', 'configmaps'],
      verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'],
    },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: ['get', 'list', 'watch', 'update', 'create', 'patch'],
    },
  ];
  const placement = {
    namespace,
    registry: 'quay.io/kubevirt',
    tag: version.text,
    imagePullPolicy: 'IfNotPresent',
    replicas: 2,
  };
  return [
    namespaceOf(namespace),
    ofKubevirt,
    priorityClass(),
    crEditors(),
    serviceAccount('kubevirt-operator', namespace),
    role('kubevirt-operator', namespace, ownRules),
    roleBinding('kubevirt-operator-rolebinding', 'kubevirt-operator', namespace),
    clusterRole('kubevirt-operator', readRules(OPERATOR_RULES, version)),
    clusterRoleBinding('kubevirt-operator', 'kubevirt-operator', account('kubevirt-operator', namespace)),
    operatorDeployment(placement),
  ];
}

/** The CR of `kubevirt-cr.yaml`: nothing set. */
export function kubevirtCr(): KubeObject {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata: { name: 'kubevirt', namespace: 'kubevirt' },
    spec: {
      certificateRotateStrategy: {},
      configuration: { developerConfiguration: { featureGates: [] }, imagePullPolicy: 'IfNotPresent' },
      customizeComponents: {},
      imagePullPolicy: 'IfNotPresent',
      workloadUpdateStrategy: {},
    },
  };
}

/**
 * Writes `<dir>/<version>/kubevirt-operator.yaml` and `kubevirt-cr.yaml`, laid out as KubeVirt's releases are, and
 * stable.txt with the newest release that is simulated, without a line's end as the project writes it.
 */
export async function writeMirror(dir: string, versions: readonly KubevirtVersion[]): Promise<void> {
  for (const version of versions) {
    const folder = join(dir, version.text);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'kubevirt-operator.yaml'), yamlOf(operatorManifest(version)));
    await writeFile(join(folder, 'kubevirt-cr.yaml'), yamlOf([kubevirtCr()]));
  }
  await writeFile(join(dir, 'stable.txt'), KNOWN_VERSIONS.at(-1)?.text ?? '');
}

function namespaceOf(name: string): KubeObject {
  const labels = { 'kubevirt.io': '', 'pod-security.kubernetes.io/enforce': 'privileged' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function priorityClass(): KubeObject {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'kubevirt-cluster-critical' },
    value: 1_000_000_000,
    globalDefault: false,
    description: 'For the core components of KubeVirt only.',
  };
}

function crEditors(): KubeObject {
  const verbs = ['get', 'delete', 'create', 'update', 'patch', 'list', 'watch', 'deletecollection'];
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name: 'kubevirt.io:operator',
      labels: { 'operator.kubevirt.io': '', 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' },
    },
    rules: [{ apiGroups: ['kubevirt.io'], resources: ['kubevirts'], verbs }],
  };
}

function yamlOf(objects: readonly KubeObject[]): string {
  return objects.map((object) => `---\n${yamlText(object)}`).join('');
}
