import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';

/** Asks an API server directly, as the admin of a kubeconfig: the tests' own eyes, nothing of the harness in them. */
export interface SimApi {
  /** URL of the API server. */
  readonly server: string;
  get(path: string): Promise<unknown>;
  /** Creates an object in the collection at this path. */
  create(path: string, object: object): Promise<unknown>;
  /** Deletes the object at this path. */
  remove(path: string): Promise<unknown>;
  close(): void;
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
  readonly users: readonly [
    { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } },
  ];
}

/** Opens a connection with the credentials inside the kubeconfig. */
export async function openSimApi(kubeconfig: string): Promise<SimApi> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: bytes(clusters[0].cluster['certificate-authority-data']),
    cert: bytes(users[0].user['client-certificate-data']),
    key: bytes(users[0].user['client-key-data']),
  });
  const { server } = clusters[0].cluster;
  const ask = (method: string, path: string, body?: object) =>
    new Promise<unknown>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const asking = request(`${server}${path}`, { agent, method, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () =>
          (answer.statusCode ?? 500) < 300
            ? resolve(JSON.parse(text))
            : reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`)),
        );
      });
      asking.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  return {
    server,
    get: (path) => ask('GET', path),
    create: (path, object) => ask('POST', path, object),
    remove: (path) => ask('DELETE', path),
    close: () => agent.destroy(),
  };
}

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] | null }[];
}

export interface ObjectList {
  readonly items?: readonly { readonly metadata: { readonly name: string; readonly namespace?: string } }[];
}

/** Events come and go by themselves; the Lease of the lane stays by design, with an empty holder, and so does its policy. */
const PASSING =
  /^(events |events\.events\.k8s\.io |leases kube-system\/sevlane$|validatingadmissionpolic(ies|ybindings) \/sevlane-fence-)/;

/** Every object in the cluster as `resource namespace/name`, sorted. */
export async function allObjects(api: SimApi): Promise<readonly string[]> {
  const { groups } = (await api.get('/apis')) as { groups: readonly { preferredVersion: { groupVersion: string } }[] };
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const found: string[] = [];
  for (const root of roots) {
    const { resources } = (await api.get(root)) as ResourceList;
    for (const { name } of resources.filter((each) => each.verbs?.includes('list') && !each.name.includes('/'))) {
      const { items = [] } = (await api.get(`${root}/${name}`)) as ObjectList;
      found.push(...items.map(({ metadata }) => `${name} ${metadata.namespace ?? ''}/${metadata.name}`));
    }
  }
  return found.filter((each) => !PASSING.test(each)).sort();
}
