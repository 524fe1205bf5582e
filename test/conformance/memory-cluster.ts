import type { KubeObject } from '../../providers/mock/api/objects.ts';
import type { Cluster } from '../../providers/mock/kubevirt/admission/context.ts';
import type { PatchOperation } from '../../providers/mock/kubevirt/admission/verdict.ts';

/** A cluster that holds just these objects, for webhooks that look at others. Keeps what was patched. */
export function memoryCluster(objects: readonly KubeObject[]): Cluster & { readonly patches: readonly Patched[] } {
  const patches: Patched[] = [];
  const kept = objects.map((object) => ({ object, collection: collectionOf(object) }));
  return {
    patches,
    get: async (path) =>
      kept.find(({ object, collection }) => `${collection}/${object.metadata.name}` === path)?.object,
    list: async (path) => {
      const [wanted] = path.split('?');
      return kept
        .filter(({ object, collection }) => [collection, everywhere(object)].includes(wanted ?? ''))
        .map(({ object }) => object);
    },
    patch: async (path, operations, { dryRun }) => {
      patches.push({ path, operations, dryRun });
    },
  };
}

export interface Patched {
  readonly path: string;
  readonly operations: readonly PatchOperation[];
  readonly dryRun: boolean;
}

function collectionOf({ apiVersion, kind, metadata }: KubeObject): string {
  const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${rootOf(apiVersion)}${place}/${kind.toLowerCase()}s`;
}

function everywhere({ apiVersion, kind }: KubeObject): string {
  return `${rootOf(apiVersion)}/${kind.toLowerCase()}s`;
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
