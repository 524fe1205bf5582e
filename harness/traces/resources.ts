import type { KubeClient } from '../kube/client.ts';
import { resourcePath } from '../kube/objects.ts';

/** A kind of objects that the API server can list. */
export interface Resource {
  /** `pods`, `deployments.apps`: the name that kubectl understands. */
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly isNamespaced: boolean;
  /** Of the collection in all namespaces. */
  readonly path: string;
}

/** What can be listed, and what discovery could not tell. */
export interface Resources {
  readonly resources: readonly Resource[];
  /** One sentence for each group version that did not answer, by `*.group`. */
  readonly unread: ReadonlyMap<string, string>;
}

/** How requests go out: so many at a time. */
export type Enter = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Everything that discovery names and that can be listed, each kind once, in the version that its group prefers and
 * else in the next that has it, as client-go's ServerPreferredResources does it.
 */
export async function listableResources(client: KubeClient, enter: Enter, signal: AbortSignal): Promise<Resources> {
  const groups = (await client.request({ method: 'GET', path: '/apis', signal })).text;
  const versions = ['v1', ...groupVersions(JSON.parse(groups))];
  const unread = new Map<string, string>();
  const answers = await Promise.all(
    versions.map((version) =>
      enter(() => ask(client, version, signal)).catch((error: unknown) => {
        signal.throwIfAborted();
        unread.set(`*.${groupOf(version)}`, `${version}: ${error instanceof Error ? error.message : String(error)}`);
        return [];
      }),
    ),
  );
  const byName = new Map<string, Resource>();
  for (const resource of answers.flat()) if (!byName.has(resource.name)) byName.set(resource.name, resource);
  return { resources: [...byName.values()], unread };
}

interface Group {
  readonly name: string;
  readonly versions: readonly { readonly groupVersion: string }[];
  readonly preferredVersion?: { readonly groupVersion: string };
}

/** The preferred one of each group first: the first that names a kind is the one that is listed. */
function groupVersions({ groups }: { readonly groups?: readonly Group[] }): readonly string[] {
  return (groups ?? []).flatMap(({ versions, preferredVersion }) => {
    const all = versions.map(({ groupVersion }) => groupVersion);
    const preferred = preferredVersion?.groupVersion;
    return preferred === undefined ? all : [preferred, ...all.filter((each) => each !== preferred)];
  });
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[] | null;
  }[];
}

async function ask(client: KubeClient, apiVersion: string, signal: AbortSignal): Promise<readonly Resource[]> {
  const group = groupOf(apiVersion);
  const path = group === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
  const { text } = await client.request({ method: 'GET', path, signal });
  const { resources = [] } = JSON.parse(text) as ResourceList;
  return resources
    .filter(({ name, verbs }) => !name.includes('/') && verbs?.includes('list') === true)
    .map(({ name, kind, namespaced }) => ({
      name: group === '' ? name : `${name}.${group}`,
      kind,
      group,
      isNamespaced: namespaced,
      path: resourcePath({ apiVersion, plural: name }),
    }));
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}
