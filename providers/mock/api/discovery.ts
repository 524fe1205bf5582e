import { createHash } from 'node:crypto';
import { byVersion, groupNames, groupVersion } from './groups.ts';
import type { ResourceType } from './resource-type.ts';
import { subresourceFacts } from './subresources.ts';

/** `/api`: the versions of the core group. */
export function apiVersions(serverAddress: string) {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** `/apis`: the named groups. */
export function apiGroupList(types: readonly ResourceType[]) {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames(types).map((name) => groupEntry(types, name)) };
}

/** `/apis/<group>`; undefined if there is no such group. */
export function apiGroup(types: readonly ResourceType[], name: string) {
  if (!groupNames(types).includes(name)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(types, name) };
}

function groupEntry(types: readonly ResourceType[], name: string) {
  const versions = versionsOf(types, name).map((version) => ({ groupVersion: groupVersion(name, version), version }));
  return { name, versions, preferredVersion: versions[0] };
}

function versionsOf(types: readonly ResourceType[], group: string): readonly string[] {
  const versions = types.filter((type) => type.group === group).map((type) => type.version);
  return [...new Set(versions)].sort(byVersion);
}

/** `/api/v1` and `/apis/<group>/<version>`; undefined if there is no such version. */
export function apiResourceList(types: readonly ResourceType[], group: string, version: string) {
  const own = typesOf(types, group, version);
  if (own.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersion(group, version),
    resources: own.flatMap(resourceEntries),
  };
}

function typesOf(types: readonly ResourceType[], group: string, version: string): readonly ResourceType[] {
  return types
    .filter((type) => type.group === group && type.version === version)
    .sort((a, b) => (a.plural < b.plural ? -1 : 1));
}

function resourceEntries(type: ResourceType) {
  const stored = type.verbs.includes('list');
  const main = {
    name: type.plural,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: type.verbs,
    ...namesOf(type),
    ...(stored ? { storageVersionHash: storageVersionHash(type) } : {}),
  };
  const others = type.subresources.map((name) => {
    const { group, version, kind, verbs } = subresourceFacts(type, name);
    const elsewhere = group === undefined ? {} : { group, version };
    return { name: `${type.plural}/${name}`, singularName: '', namespaced: type.namespaced, ...elsewhere, kind, verbs };
  });
  return [main, ...others];
}

function namesOf({ shortNames, categories }: ResourceType) {
  return {
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

/** Tells clients when the stored version changed: a hash of the kind's full name. */
function storageVersionHash({ group, version, kind }: ResourceType): string {
  const name = `${group}/${version}/${kind}`;
  return createHash('sha256').update(name).digest().subarray(0, 8).toString('base64');
}

/** The aggregated document of `/api` (`core`) or `/apis`, in `apidiscovery.k8s.io/v2` or `v2beta1`. */
export function aggregatedDiscovery(
  types: readonly ResourceType[],
  { root, version }: { readonly root: 'api' | 'apis'; readonly version: 'v2' | 'v2beta1' },
) {
  const groups = root === 'api' ? [''] : groupNames(types);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((name) => ({
      metadata: name === '' ? {} : { name },
      versions: versionsOf(types, name).map((one) => ({
        version: one,
        resources: typesOf(types, name, one).map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource(type: ResourceType) {
  const subresources = type.subresources.map((name) => {
    const { group, version, kind, verbs } = subresourceFacts(type, name);
    return { subresource: name, responseKind: responseKind(type, kind, { group, version }), verbs };
  });
  return {
    resource: type.plural,
    responseKind: responseKind(type, type.kind, {}),
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: type.verbs,
    ...namesOf(type),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** Built-in kinds leave their own group and version empty; custom ones name them. */
function responseKind(
  type: ResourceType,
  kind: string,
  { group, version }: { readonly group?: string | undefined; readonly version?: string | undefined },
) {
  if (group !== undefined) return { group, version, kind };
  return type.custom ? { group: type.group, version: type.version, kind } : { group: '', version: '', kind };
}

const OTHER_PATHS = [
  '/.well-known/openid-configuration',
  '/healthz',
  '/healthz/etcd',
  '/healthz/log',
  '/healthz/ping',
  '/livez',
  '/livez/etcd',
  '/livez/log',
  '/livez/ping',
  '/metrics',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/readyz',
  '/readyz/etcd',
  '/readyz/informer-sync',
  '/readyz/log',
  '/readyz/ping',
  '/readyz/shutdown',
  '/version',
];

/** `/`: the paths that there are. */
export function rootPaths(types: readonly ResourceType[]) {
  const versions = groupNames(types).flatMap((group) => [
    `/apis/${group}`,
    ...versionsOf(types, group).map((version) => `/apis/${group}/${version}`),
  ]);
  return { paths: ['/api', '/api/v1', '/apis', '/apis/', ...versions, ...OTHER_PATHS].sort() };
}
