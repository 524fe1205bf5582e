import type { KubeObject } from '../../api/objects.ts';
import type { Cluster } from '../../kubevirt/admission/context.ts';
import { Refusal, type Rest } from '../rest.ts';

/** How the webhooks look at other objects: by asking. What is not served (yet) is not there. */
export function admissionCluster(rest: Rest): Cluster {
  return {
    get: (path) => rest.find<KubeObject>(path),
    list: async (path) => {
      try {
        return (await rest.list<KubeObject>(path)).items;
      } catch (error) {
        if (error instanceof Refusal && error.status === 404) return [];
        throw error;
      }
    },
    patch: async (path, operations, { dryRun }) => {
      await rest.patch(dryRun ? `${path}?dryRun=All` : path, 'json', operations);
    },
  };
}
