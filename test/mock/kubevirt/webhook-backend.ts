import type { Backend } from '../../../providers/mock/api/backends.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { KubeApi, KubeRequest } from '../../../providers/mock/controllers/seam.ts';
import type { Cluster } from '../../../providers/mock/kubevirt/admission/context.ts';
import { admit } from '../../../providers/mock/kubevirt/admit.ts';
import type { KubevirtVersion } from '../../../providers/mock/kubevirt/version.ts';

/** What a webhook server of KubeVirt runs with. */
export interface WebhookBackendOptions {
  readonly version: KubevirtVersion;
  /** Acts as the component whose webhooks these are: `kubevirt-apiserver` or `kubevirt-operator`. */
  readonly api: KubeApi;
  /** Where KubeVirt is installed. */
  readonly namespace: string;
  readonly now: () => Date;
  readonly uuid?: () => string;
}

/** The webhooks of virt-api and virt-operator, to be listened to behind their Services. The CR is read at every review. */
export function webhookBackend(options: WebhookBackendOptions): Required<Pick<Backend, 'admit'>> {
  const { version, api, namespace, now, uuid = () => crypto.randomUUID() } = options;
  const cluster = clusterOf(api);
  return {
    admit: async (path, review) => {
      const [kubevirt] = await cluster.list(`/apis/kubevirt.io/v1/namespaces/${namespace}/kubevirts`);
      return admit(path, review, { version, kubevirt, cluster, namespace, now, uuid });
    },
  };
}

/** Other objects as webhooks see them, over the seam of the simulated components. */
export function clusterOf(api: KubeApi): Cluster {
  const ask = async (request: KubeRequest): Promise<unknown> => {
    const { status, body } = await api.request(request);
    if (status === 404) return undefined;
    if (status >= 400) throw new Error(messageOf(body) ?? `${request.method} ${request.path}: ${status}`);
    return body;
  };
  return {
    get: async (path) => (await ask({ method: 'GET', path })) as KubeObject | undefined,
    list: async (path) => {
      const list = (await ask({ method: 'GET', path })) as { items?: readonly KubeObject[] } | undefined;
      return list?.items ?? [];
    },
    patch: async (path, operations, { dryRun }) => {
      const contentType = 'application/json-patch+json';
      const query = dryRun ? '?dryRun=All' : '';
      await ask({ method: 'PATCH', path: `${path}${query}`, body: operations, contentType });
    },
  };
}

function messageOf(body: unknown): string | undefined {
  const message = (body as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : undefined;
}
