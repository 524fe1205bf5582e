import { isJson, listAt, objectAt, sameJson, textAt, withField } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { forbidden, invalid, required } from './causes.ts';
import { column } from './columns.ts';
import { CORE_TYPES } from './core-types.ts';
import { defineKind } from './define.ts';
import { configKey } from './names.ts';

const MAX_DATA_BYTES = 1024 * 1024;

/** Namespaces, ConfigMaps, Secrets and ServiceAccounts. */
export const CORE_KINDS: readonly ResourceType[] = [
  defineKind({
    kind: 'Namespace',
    description: 'A scope for the names of other objects.',
    shortNames: ['ns'],
    clusterWide: true,
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    subresources: ['finalize', 'status'],
    schema: CORE_TYPES.Namespace,
    columns: [column('Status', (object) => textAt(object, 'status', 'phase'), 'Active or Terminating.')],
    defaults: labelNamespace,
    prepareForCreate: (object) => ({
      ...object,
      spec: { ...objectAt(object, 'spec'), finalizers: withKubernetes(listAt(object, 'spec', 'finalizers')) },
      status: { phase: 'Active' },
    }),
    prepareForUpdate: (object, old, subresource) =>
      subresource === 'finalize' ? object : { ...object, spec: old.spec },
    selectableFields: (object) => ({
      name: object.metadata.name ?? '',
      'status.phase': textAt(object, 'status', 'phase'),
    }),
  }),
  defineKind({
    kind: 'ConfigMap',
    description: 'Configuration in the form of keys and values, for pods to consume.',
    shortNames: ['cm'],
    schema: CORE_TYPES.ConfigMap,
    columns: [column('Data', dataCount, 'Number of keys.')],
    validate: validateConfigMap,
    validateUpdate: immutableData,
  }),
  defineKind({
    kind: 'Secret',
    description: 'Secret data, base64 in JSON.',
    schema: CORE_TYPES.Secret,
    columns: [
      column('Type', (object) => textAt(object, 'type'), 'What the keys are, as a type name.'),
      column('Data', dataCount, 'Number of keys.'),
    ],
    defaults: foldStringData,
    validate: validateSecret,
    validateUpdate: (object, old) => [
      ...(object.type === old.type ? [] : [invalid('type', object.type, 'field is immutable')]),
      ...immutableData(object, old),
    ],
    selectableFields: (object) => ({ type: textAt(object, 'type') }),
  }),
  defineKind({
    kind: 'ServiceAccount',
    description: 'An identity for processes that run in pods.',
    shortNames: ['sa'],
    subresources: ['token'],
    schema: CORE_TYPES.ServiceAccount,
    columns: [column('Secrets', (object) => listAt(object, 'secrets').length, 'Number of secrets it may use.')],
  }),
];

function labelNamespace(object: KubeObject): KubeObject {
  const { name } = object.metadata;
  if (name === undefined || name === '') return object;
  const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': name };
  return { ...object, metadata: { ...object.metadata, labels } };
}

function withKubernetes(finalizers: readonly unknown[]): readonly unknown[] {
  return finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'];
}

function dataCount(object: KubeObject): number {
  return Object.keys(objectAt(object, 'data')).length + Object.keys(objectAt(object, 'binaryData')).length;
}

function validateConfigMap(object: KubeObject): readonly StatusCause[] {
  const [data, binary] = [objectAt(object, 'data'), objectAt(object, 'binaryData')];
  const causes = Object.keys(data).flatMap((key) => keyProblems('data', key));
  for (const key of Object.keys(data)) {
    if (Object.hasOwn(binary, key)) causes.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  }
  causes.push(...Object.keys(binary).flatMap((key) => keyProblems('binaryData', key)));
  return [...causes, ...sizeProblems([...Object.values(data), ...Object.values(binary)], '')];
}

function keyProblems(field: string, key: string): StatusCause[] {
  return configKey(key).map((problem) => invalid(`${field}[${key}]`, key, problem));
}

function sizeProblems(values: readonly unknown[], field: string): readonly StatusCause[] {
  const size = values.reduce<number>((sum, value) => sum + Buffer.byteLength(`${value}`), 0);
  if (size <= MAX_DATA_BYTES) return [];
  return [{ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${MAX_DATA_BYTES} bytes`, field }];
}

function immutableData(object: KubeObject, old: KubeObject): readonly StatusCause[] {
  if (old.immutable !== true) return [];
  const causes: StatusCause[] = [];
  if (object.immutable !== true) causes.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
  for (const field of ['data', 'binaryData']) {
    if (!sameJson(object[field], old[field])) {
      causes.push(forbidden(field, 'field is immutable when `immutable` is set'));
    }
  }
  return causes;
}

/** `stringData` is for writing only: it ends in `data`. */
function foldStringData(object: KubeObject): KubeObject {
  const plain = Object.entries(objectAt(object, 'stringData'));
  if (plain.length === 0) return object;
  const encoded = plain.map(([key, value]) => [key, Buffer.from(`${value}`).toString('base64')]);
  const data = { ...objectAt(object, 'data'), ...Object.fromEntries(encoded) };
  return withField(withField(object, 'data', data), 'stringData', undefined);
}

const KEYS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
};

function validateSecret(object: KubeObject): readonly StatusCause[] {
  const data = objectAt(object, 'data');
  const type = textAt(object, 'type');
  const causes = Object.keys(data).flatMap((key) => keyProblems('data', key));
  causes.push(...sizeProblems(Object.values(data), 'data'));
  for (const key of KEYS_OF_TYPE[type] ?? []) if (data[key] === undefined) causes.push(required(`data[${key}]`));
  if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined) {
    causes.push(required('data[username]'), required('data[password]'));
  }
  if (type === 'kubernetes.io/service-account-token') {
    const account = object.metadata.annotations?.['kubernetes.io/service-account.name'];
    if (!account) causes.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  for (const key of ['.dockercfg', '.dockerconfigjson']) {
    if (!KEYS_OF_TYPE[type]?.includes(key) || typeof data[key] !== 'string') continue;
    const text = Buffer.from(data[key], 'base64').toString();
    if (!isJson(text)) causes.push(invalid(`data[${key}]`, '<secret contents redacted>', jsonProblem(text)));
  }
  return causes;
}

function jsonProblem(text: string): string {
  return text === '' ? 'unexpected end of JSON input' : 'invalid JSON';
}
