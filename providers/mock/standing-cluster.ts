import type { Api } from './api/api.ts';
import { inProcess } from './api/in-process.ts';
import type { KubeObject } from './api/objects.ts';
import type { Clock } from './clock.ts';
import { Refusal, type Rest, restOver } from './controllers/rest.ts';
import { kubevirtCr, operatorManifest } from './kubevirt/manifest.ts';
import { kubevirtVersion } from './kubevirt/versions.ts';
import { NODE_ADDRESS } from './node-address.ts';
import type { Standing } from './scenario/director.ts';

/** What the cluster of a simulated host is filled with before anybody comes. */
export interface StandingCluster {
  readonly api: Api;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly standing: Standing;
  readonly signal: AbortSignal;
}

const DAY_MS = 86_400_000;
/** Simulated; an installation takes about two minutes. */
const INSTALLED_WITHIN_MS = 900_000;

/** Puts there what every cluster has, and what the scenario says that others have put there. */
export async function fillCluster(cluster: StandingCluster): Promise<void> {
  const { api, standing, nodeName } = cluster;
  const rest = restOver(inProcess(api)('kubernetes-admin'));
  for (const object of clusterDns(nodeName)) await create(api, rest, object);
  if (standing.kubevirt !== undefined) await installKubevirt(cluster, rest, standing.kubevirt);
  for (const object of standing.objects) await apply(api, rest, withNode(object, nodeName));
  for (const object of standing.deleted.toReversed()) await rest.remove(pathOf(api, object, object.metadata.name));
}

/** A token of a service account that may do everything, ending when the scenario says. */
export async function accountToken(
  { api, clock }: Pick<StandingCluster, 'api' | 'clock'>,
  daysLeft: number,
): Promise<string> {
  const rest = restOver(inProcess(api)('kubernetes-admin'));
  const namespace = 'kube-system';
  const account = await create(api, rest, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'ci', namespace },
  });
  await create(api, rest, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'ci' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'ci', namespace }],
  });
  const { tokens } = api.core;
  return tokens.issue({
    namespace,
    account: { name: 'ci', uid: account.metadata.uid ?? '' },
    audiences: [tokens.issuer],
    expiresAt: new Date(clock.now().getTime() + daysLeft * DAY_MS),
  });
}

/** The cluster's DNS as it looks from outside: a service, and one endpoint that is ready. */
function clusterDns(nodeName: string): readonly KubeObject[] {
  const place = { name: 'kube-dns', namespace: 'kube-system' };
  const ports = [{ name: 'dns', port: 53, protocol: 'UDP' }];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...place, labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/name': 'CoreDNS' } },
      spec: { ports },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        ...place,
        labels: {
          'kubernetes.io/service-name': 'kube-dns',
          'endpointslice.kubernetes.io/managed-by': 'sevlane-sim',
        },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [NODE_ADDRESS], conditions: { ready: true }, nodeName }],
      ports,
    },
  ];
}

async function installKubevirt({ api, clock, signal }: StandingCluster, rest: Rest, text: string): Promise<void> {
  const version = kubevirtVersion(text);
  if (version === undefined) throw new Error(`the simulator knows no KubeVirt ${text}`);
  for (const object of operatorManifest(version)) await create(api, rest, object);
  const cr = kubevirtCr();
  await create(api, rest, cr);
  const endsAt = clock.now().getTime() + INSTALLED_WITHIN_MS;
  const path = pathOf(api, cr, cr.metadata.name);
  while (!signal.aborted && clock.now().getTime() < endsAt) {
    const { status } = (await rest.get<KubeObject>(path)) as { readonly status?: { readonly phase?: string } };
    if (status?.phase === 'Deployed') return;
    await clock.sleep(1000, signal);
  }
}

async function create(api: Api, rest: Rest, object: KubeObject): Promise<KubeObject> {
  return await rest.create<KubeObject>(pathOf(api, object), object);
}

/** Made, or changed where it is there already, as `kubectl apply --server-side --force-conflicts` does. */
async function apply(api: Api, rest: Rest, object: KubeObject): Promise<void> {
  const path = `${pathOf(api, object, object.metadata.name)}?fieldManager=somebody&force=true`;
  await rest.patch(path, 'apply', object).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    throw new Error(`the scenario's ${object.kind} ${object.metadata.name} is refused: ${error.message}`);
  });
}

function pathOf(api: Api, { apiVersion, kind, metadata }: KubeObject, name?: string): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const type = api.core.registry.byKind(group ?? '', kind, version);
  if (type === undefined) throw new Error(`the simulated cluster serves no ${kind} of ${apiVersion}`);
  const root = group === '' ? `/api/${version}` : `/apis/${apiVersion}`;
  const within = type.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
  return `${root}${within}/${type.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/** A scenario does not know how the profile's node is called: it writes NODE. */
function withNode(object: KubeObject, nodeName: string): KubeObject {
  return object.metadata.name === 'NODE' ? { ...object, metadata: { ...object.metadata, name: nodeName } } : object;
}
