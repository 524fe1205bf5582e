import type { Registry } from './registry.ts';

// Stand-ins until the types room's discovery and OpenAPI documents are there.

const group = (registry: Registry, name: string) => {
  const versions = [...new Set(registry.types.filter((type) => type.group === name).map((type) => type.version))].map(
    (version) => ({ groupVersion: `${name}/${version}`, version }),
  );
  return versions.length === 0 ? undefined : { name, versions, preferredVersion: versions[0] };
};

export function apiVersions(serverAddress: string) {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
}

export function apiGroupList(registry: Registry) {
  const names = [...new Set(registry.types.map((type) => type.group))].filter((name) => name !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: names.map((name) => group(registry, name)) };
}

export function apiGroup(registry: Registry, name: string) {
  const found = group(registry, name);
  return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...found };
}

export function apiResourceList(registry: Registry, groupName: string, version: string) {
  if (!registry.serves(groupName, version)) return undefined;
  const resources = registry.types
    .filter((type) => type.group === groupName && type.version === version)
    .flatMap(({ plural: name, singular: singularName, namespaced, kind, verbs }) => [
      { name, singularName, namespaced, kind, verbs },
    ]);
  const groupVersion = groupName === '' ? version : `${groupName}/${version}`;
  return { kind: 'APIResourceList', ...(groupName === '' ? {} : { apiVersion: 'v1' }), groupVersion, resources };
}

export function aggregatedGroups(_registry: Registry, _core: boolean, version: string): unknown {
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items: [] };
}

export function openApiIndex(_registry: Registry): unknown {
  return { paths: {} };
}

export function openApiDocument(_registry: Registry, _path: string): unknown {
  return undefined;
}
