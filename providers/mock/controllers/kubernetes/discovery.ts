import type { Rest } from '../rest.ts';

/** A resource as the API server offers it. */
export interface Discovered {
  readonly groupVersion: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Of the collection in all namespaces, e.g. `/apis/apps/v1/deployments`. */
  readonly path: string;
}

/** All resources in their group's preferred version, and the group versions that did not answer. */
export interface Discovery {
  readonly resources: readonly Discovered[];
  readonly failed: readonly { readonly groupVersion: string; readonly error: string }[];
}

interface GroupList {
  readonly groups?: readonly {
    readonly name: string;
    readonly preferredVersion?: { readonly groupVersion: string };
    readonly versions: readonly { readonly groupVersion: string }[];
  }[];
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs?: readonly string[] | null;
  }[];
}

/** Asks the API server for everything it serves. Subresources are left out. */
export async function discover(rest: Rest): Promise<Discovery> {
  const groups = (await rest.get('/apis')) as unknown as GroupList;
  const versions = (groups.groups ?? []).map((group) => group.preferredVersion ?? group.versions[0]);
  const roots = ['/api/v1', ...versions.map((version) => `/apis/${version?.groupVersion}`)];
  const resources: Discovered[] = [];
  const failed: { groupVersion: string; error: string }[] = [];
  for (const root of roots) {
    const groupVersion = root.replace(/^\/apis?\//, '');
    try {
      const list = (await rest.get(root)) as unknown as ResourceList;
      for (const { name, kind, namespaced, verbs } of list.resources ?? [])
        if (!name.includes('/'))
          resources.push({ groupVersion, plural: name, kind, namespaced, verbs: verbs ?? [], path: `${root}/${name}` });
    } catch (error) {
      failed.push({ groupVersion, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return { resources, failed };
}
