import { InfraError } from '../errors/errors.ts';
import type { KubeClient } from './client.ts';
import { type KubeObject, resourcePath } from './objects.ts';

/** Finds out where objects live in the API, by asking the server once for each group version. */
export interface Discovery {
  /** e.g. `/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator`; undefined when the server has no such kind. */
  findPath(object: Identity, signal?: AbortSignal): Promise<string | undefined>;
  /** The same. @throws InfraError when the server has no such kind. */
  pathOf(object: Identity, signal?: AbortSignal): Promise<string>;
}

type Identity = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Starts with nothing known. */
export function discover(client: KubeClient): Discovery {
  const known = new Map<string, readonly ApiResource[]>();
  const find = async (
    apiVersion: string,
    kind: string,
    signal: AbortSignal | undefined,
    fresh: boolean,
  ): Promise<ApiResource | undefined> => {
    const cached = fresh ? undefined : known.get(apiVersion);
    const resources = cached ?? (await ask(client, apiVersion, signal));
    known.set(apiVersion, resources);
    return resources.find((each) => each.kind === kind && !each.name.includes('/'));
  };
  const findPath = async (
    { apiVersion, kind, metadata }: Identity,
    signal?: AbortSignal,
  ): Promise<string | undefined> => {
    // A kind that was not there before may have come with a CustomResourceDefinition since.
    const resource = (await find(apiVersion, kind, signal, false)) ?? (await find(apiVersion, kind, signal, true));
    if (resource === undefined) return undefined;
    const place = resource.namespaced && metadata.namespace !== undefined ? { namespace: metadata.namespace } : {};
    const name = metadata.name === undefined ? {} : { name: metadata.name };
    return resourcePath({ apiVersion, plural: resource.name, ...place, ...name });
  };
  return {
    findPath,
    async pathOf(object, signal) {
      const path = await findPath(object, signal);
      if (path === undefined) throw new InfraError(`the cluster has no kind ${object.kind} in ${object.apiVersion}`);
      return path;
    },
  };
}

async function ask(
  client: KubeClient,
  apiVersion: string,
  signal: AbortSignal | undefined,
): Promise<readonly ApiResource[]> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const list = await client.find(path, signal === undefined ? {} : { signal });
  return Array.isArray(list?.resources) ? (list.resources as ApiResource[]) : [];
}
