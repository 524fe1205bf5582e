import type { ResourceType } from './resource-type.ts';

/** The order in which a real API server names its own groups. */
const ORDER = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];

/** The named groups of types: built-in ones in a real server's order, then the others by name. */
export function groupNames(types: readonly ResourceType[]): readonly string[] {
  const names = new Set(types.map((type) => type.group).filter((name) => name !== ''));
  const others = [...names].filter((name) => !ORDER.includes(name)).sort();
  return [...ORDER.filter((name) => names.has(name)), ...others];
}

/** `v1`, `apps/v1`. */
export function groupVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Sorts the best version first: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, then any others by name. */
export function byVersion(a: string, b: string): number {
  const [x, y] = [rankOf(a), rankOf(b)];
  if (x === undefined || y === undefined) {
    if (x !== undefined) return -1;
    if (y !== undefined) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  for (const [index, rank] of x.entries()) if (rank !== y[index]) return (y[index] ?? 0) - rank;
  return 0;
}

function rankOf(version: string): readonly number[] | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return undefined;
  const stability = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return [stability, Number(match[1]), Number(match[3] ?? 0)];
}
