import { createHash } from 'node:crypto';
import { type Definitions, definitionName, schemaDefinitions } from './openapi-schemas.ts';
import type { ResourceType } from './resource-type.ts';
import { subresourceFacts } from './subresources.ts';

/** `/openapi/v3`: where the document of each group and version is. */
export function openapiIndex(types: readonly ResourceType[]) {
  const paths: Record<string, { readonly serverRelativeURL: string }> = {};
  for (const name of [...new Set(types.map(documentPath))].sort()) {
    const own = types.filter((type) => documentPath(type) === name);
    paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${hashOf(own)}` };
  }
  return { paths };
}

/** `/openapi/v3/api/v1`, `/openapi/v3/apis/<group>/<version>`; undefined if there is no such version. */
export function openapiDocument(types: readonly ResourceType[], group: string, version: string) {
  const own = types.filter((type) => type.group === group && type.version === version);
  if (own.length === 0) return undefined;
  const schemas: Definitions = {};
  for (const type of own) Object.assign(schemas, schemaDefinitions(type));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths: Object.assign({}, ...own.map(pathsOf)) as Readonly<Record<string, unknown>>,
    components: { schemas },
  };
}

function documentPath(type: ResourceType): string {
  return type.group === '' ? `api/${type.version}` : `apis/${type.group}/${type.version}`;
}

/** Changes when the document would; kubectl caches by it. */
function hashOf(types: readonly ResourceType[]): string {
  const hash = createHash('sha512');
  for (const type of types)
    hash.update(JSON.stringify([type.kind, type.plural, type.subresources, schemaDefinitions(type)]));
  return hash.digest('hex').toUpperCase();
}

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

function pathsOf(type: ResourceType): Readonly<Record<string, unknown>> {
  const base = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const collection = type.namespaced ? `${base}/namespaces/{namespace}/${type.plural}` : `${base}/${type.plural}`;
  const paths: Record<string, unknown> = { [collection]: collectionPath(type) };
  if (type.namespaced && type.verbs.includes('list')) paths[`${base}/${type.plural}`] = { get: listOperation(type) };
  if (type.verbs.includes('get')) paths[`${collection}/{name}`] = itemPath(type);
  for (const name of type.subresources) {
    const { verbs } = subresourceFacts(type, name);
    const operations = itemPath(type, verbs);
    paths[`${collection}/{name}/${name}`] = operations;
  }
  return paths;
}

function collectionPath(type: ResourceType) {
  return {
    ...(type.verbs.includes('list') ? { get: listOperation(type) } : {}),
    ...(type.verbs.includes('create') ? { post: operation(type, 'post', WRITE_PARAMETERS) } : {}),
    ...(type.verbs.includes('deletecollection') ? { delete: operation(type, 'deletecollection', []) } : {}),
    parameters: pathParameters(type.namespaced ? ['namespace'] : []),
  };
}

function itemPath(type: ResourceType, verbs: readonly string[] = type.verbs) {
  return {
    ...(verbs.includes('get') ? { get: operation(type, 'get', []) } : {}),
    ...(verbs.includes('create') && verbs !== type.verbs ? { post: operation(type, 'post', WRITE_PARAMETERS) } : {}),
    ...(verbs.includes('update') ? { put: operation(type, 'put', WRITE_PARAMETERS) } : {}),
    ...(verbs.includes('delete')
      ? { delete: operation(type, 'delete', ['dryRun', 'gracePeriodSeconds', 'propagationPolicy']) }
      : {}),
    ...(verbs.includes('patch') ? { patch: patchOperation(type) } : {}),
    parameters: pathParameters(type.namespaced ? ['namespace', 'name'] : ['name']),
  };
}

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'];
const LIST_PARAMETERS = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
];

function listOperation(type: ResourceType) {
  return operation(type, 'list', LIST_PARAMETERS);
}

function patchOperation(type: ResourceType) {
  const kinds = type.custom
    ? [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
    : [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH];
  const content = Object.fromEntries(kinds.map((kind) => [kind, { schema: { type: 'object' } }]));
  return { ...operation(type, 'patch', [...WRITE_PARAMETERS, 'force']), requestBody: { content, required: true } };
}

function operation(type: ResourceType, action: string, parameters: readonly string[]) {
  const schema = { $ref: `#/components/schemas/${definitionName(type)}` };
  return {
    parameters: parameters.map((name) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })),
    responses: { 200: { description: 'OK', content: { 'application/json': { schema } } } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: type.group, version: type.version, kind: type.kind },
  };
}

function pathParameters(names: readonly string[]) {
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } }));
}
