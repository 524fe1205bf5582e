import { isDeepStrictEqual } from 'node:util';
import { applyPatch, type Operation } from 'rfc6902';
import { parse } from 'yaml';
import type { KubeObject, ManagedFieldsEntry, StatusCause } from './objects.ts';
import { isRecord } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import type { Schema } from './schema.ts';

// Thin stand-ins for the functions of the types room; each goes as soon as the real one is there.

export function builtinTypes(): readonly ResourceType[] {
  return PLAIN.map(([group, version, kind, plural, namespaced, subresources]) => ({
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced,
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    subresources,
    schema: { 'x-kubernetes-preserve-unknown-fields': true },
    columns: [],
    custom: false,
    strategy: {
      defaults: (object) => object,
      prepareForCreate: (object) => object,
      prepareForUpdate: (object, old, subresource) =>
        subresource === 'status' ? { ...old, metadata: object.metadata, status: object.status } : object,
      validate: () => [],
      validateUpdate: () => [],
      selectableFields: () => ({}),
    },
  }));
}

const PLAIN: readonly (readonly [string, string, string, string, boolean, readonly string[]])[] = [
  ['', 'v1', 'Namespace', 'namespaces', false, ['status', 'finalize']],
  ['', 'v1', 'Node', 'nodes', false, ['status', 'proxy']],
  ['', 'v1', 'Pod', 'pods', true, ['status', 'log', 'exec', 'binding', 'eviction', 'ephemeralcontainers']],
  ['', 'v1', 'Event', 'events', true, []],
  ['', 'v1', 'Secret', 'secrets', true, []],
  ['', 'v1', 'ConfigMap', 'configmaps', true, []],
  ['', 'v1', 'Service', 'services', true, ['status', 'proxy']],
  ['', 'v1', 'Endpoints', 'endpoints', true, []],
  ['', 'v1', 'ServiceAccount', 'serviceaccounts', true, ['token']],
  ['', 'v1', 'PersistentVolume', 'persistentvolumes', false, ['status']],
  ['', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', true, ['status']],
  ['apps', 'v1', 'Deployment', 'deployments', true, ['status', 'scale']],
  ['apps', 'v1', 'ReplicaSet', 'replicasets', true, ['status', 'scale']],
  ['apps', 'v1', 'DaemonSet', 'daemonsets', true, ['status']],
  ['apps', 'v1', 'ControllerRevision', 'controllerrevisions', true, []],
  ['batch', 'v1', 'Job', 'jobs', true, ['status']],
  ['coordination.k8s.io', 'v1', 'Lease', 'leases', true, []],
  ['policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', true, ['status']],
  ['scheduling.k8s.io', 'v1', 'PriorityClass', 'priorityclasses', false, []],
  ['storage.k8s.io', 'v1', 'StorageClass', 'storageclasses', false, []],
  ['rbac.authorization.k8s.io', 'v1', 'Role', 'roles', true, []],
  ['rbac.authorization.k8s.io', 'v1', 'RoleBinding', 'rolebindings', true, []],
  ['rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', false, []],
  ['rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding', 'clusterrolebindings', false, []],
  ['apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', false, ['status']],
  ['apiregistration.k8s.io', 'v1', 'APIService', 'apiservices', false, ['status']],
  [
    'admissionregistration.k8s.io',
    'v1',
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
    false,
    [],
  ],
  ['admissionregistration.k8s.io', 'v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', false, []],
  ['discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices', true, []],
  ['authentication.k8s.io', 'v1', 'TokenReview', 'tokenreviews', false, []],
  ['authentication.k8s.io', 'v1', 'SelfSubjectReview', 'selfsubjectreviews', false, []],
  ['authorization.k8s.io', 'v1', 'SubjectAccessReview', 'subjectaccessreviews', false, []],
  ['authorization.k8s.io', 'v1', 'LocalSubjectAccessReview', 'localsubjectaccessreviews', true, []],
  ['authorization.k8s.io', 'v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', false, []],
  ['authorization.k8s.io', 'v1', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews', false, []],
];

export function typesOfCrd(crd: KubeObject): { types: readonly ResourceType[]; problems: readonly StatusCause[] } {
  const spec = crd.spec as {
    group: string;
    scope: string;
    names: { plural: string; singular?: string; kind: string; listKind?: string; shortNames?: string[] };
    versions: readonly {
      name: string;
      served: boolean;
      subresources?: object;
      schema?: { openAPIV3Schema?: Schema };
    }[];
  };
  const [sample] = builtinTypes();
  if (sample === undefined) return { types: [], problems: [] };
  const types = spec.versions
    .filter((version) => version.served)
    .map(
      (version): ResourceType => ({
        ...sample,
        group: spec.group,
        version: version.name,
        kind: spec.names.kind,
        listKind: spec.names.listKind ?? `${spec.names.kind}List`,
        plural: spec.names.plural,
        singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
        namespaced: spec.scope === 'Namespaced',
        subresources: Object.keys(version.subresources ?? {}),
        schema: version.schema?.openAPIV3Schema ?? {},
        custom: true,
      }),
    );
  return { types, problems: [] };
}

export function decodeBody(bytes: Buffer, mediaType: string): { value: unknown; duplicates: readonly string[] } {
  const text = bytes.toString('utf8');
  return { value: mediaType.includes('yaml') ? parse(text) : JSON.parse(text), duplicates: [] };
}

export function prune(object: KubeObject, _schema: Schema): { object: KubeObject; unknownFields: readonly string[] } {
  return { object, unknownFields: [] };
}

export function applyDefaults(object: KubeObject, _schema: Schema): KubeObject {
  return object;
}

export function validateSchema(_object: KubeObject, _schema: Schema): readonly StatusCause[] {
  return [];
}

export function jsonPatch(document: unknown, operations: unknown): unknown {
  const copy = structuredClone(document);
  const errors = applyPatch(copy, operations as Operation[]).filter((error) => error !== null);
  if (errors[0] !== undefined) throw errors[0];
  return copy;
}

export function mergePatch(document: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = { ...(isRecord(document) ? document : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

export function strategicMergePatch(document: unknown, patch: unknown, _schema: Schema): unknown {
  return mergePatch(document, patch);
}

export function trackUpdate(
  _old: KubeObject | undefined,
  object: KubeObject,
  _by: { manager: string; operation: 'Update'; subresource: string; time: string; type: ResourceType },
): readonly ManagedFieldsEntry[] {
  return object.metadata.managedFields ?? [];
}

export { isDeepStrictEqual };

export type IncludeObject = 'None' | 'Object' | 'Metadata';

export function asTable(type: ResourceType, objects: readonly KubeObject[], now: Date, include: IncludeObject) {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: type.columns.map(({ cell: _, ...column }) => column),
    rows: objects.map((object) => ({
      cells: type.columns.map((column) => column.cell(object, now)),
      object: include === 'None' ? null : object,
    })),
  };
}
