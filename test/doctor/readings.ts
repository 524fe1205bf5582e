import type { ClusterReadings, ClusterWish } from '../../harness/doctor/cluster/readings.ts';
import type { KubeObject } from '../../harness/kube/objects.ts';
import { parseKubevirtVersion } from '../../harness/kubevirt/versions.ts';

export const NOW = new Date('2026-05-01T12:00:00Z');
const DAY_MS = 86_400_000;

/** So many days from the made-up now. */
export function inDays(days: number): Date {
  return new Date(NOW.getTime() + days * DAY_MS);
}

/** An object as the API gives it. */
export function object(kind: string, name: string, fields: Readonly<Record<string, unknown>> = {}): KubeObject {
  const { metadata, ...rest } = fields;
  return { apiVersion: 'v1', kind, metadata: { name, ...(metadata as object) }, ...rest };
}

const WISH: ClusterWish = {
  kubevirt: parseKubevirtVersion('v1.9.0'),
  kubernetes: undefined,
  require: undefined,
  images: ['quay.io/kubevirt/virt-operator:v1.9.0'],
  alwaysPulls: false,
  leaseNamespace: 'kube-system',
  runId: 'ours',
  node: 'node01',
  runMs: 7_200_000,
};

/** A wish with changes. */
export function wish(changes: Partial<ClusterWish> = {}): ClusterWish {
  return { ...WISH, ...changes };
}

/** A healthy node's object, with changes of its spec and conditions. */
export function node(
  spec: Readonly<Record<string, unknown>> = {},
  conditions: Readonly<Record<string, string>> = {},
): KubeObject {
  const all = { Ready: 'True', MemoryPressure: 'False', DiskPressure: 'False', PIDPressure: 'False', ...conditions };
  return object('Node', 'node01', {
    spec,
    status: {
      conditions: Object.entries(all).map(([type, status]) => ({ type, status, message: `${type} is ${status}` })),
      nodeInfo: { kubeletVersion: 'v1.34.4' },
      allocatable: {},
    },
  });
}

/** What a healthy cluster without KubeVirt answers, with changes. */
export function readings(changes: Partial<ClusterReadings> = {}): ClusterReadings {
  const certificate = { subject: 'CN=a', issuer: 'CN=kubernetes', validFrom: inDays(-1), validTo: inDays(300) };
  const well = (name: string) => ({ value: { status: 200, text: `[+]ping ok\n[+]etcd ok\n${name} check passed\n` } });
  const none = { value: [] };
  const dns = object('EndpointSlice', 'dns', {
    metadata: { namespace: 'kube-system', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
    endpoints: [{ conditions: { ready: true } }],
  });
  return {
    now: NOW,
    wish: wish(),
    host: undefined,
    credentials: {
      value: {
        place: 'context "admin" of /kubeconfig',
        server: 'https://192.0.2.10:6443',
        hasToken: false,
        expiries: [
          { subject: 'cluster CA', at: inDays(3000) },
          { subject: 'client certificate', at: inDays(300) },
        ],
      },
    },
    apiCertificate: { value: certificate },
    version: { value: 'v1.34.4' },
    ready: well('readyz'),
    live: well('livez'),
    identity: { value: { username: 'kubernetes-admin', groups: ['system:masters'] } },
    missingRights: none,
    nodes: { value: [node()] },
    kubeletCertificate: { value: certificate },
    daemonSets: {
      value: [object('DaemonSet', 'kube-flannel-ds', { status: { desiredNumberScheduled: 1, numberReady: 1 } })],
    },
    endpointSlices: { value: [dns] },
    storageClasses: none,
    webhooks: none,
    namespaces: { value: [object('Namespace', 'default')] },
    apiServices: {
      value: [object('APIService', 'v1.', { status: { conditions: [{ type: 'Available', status: 'True' }] } })],
    },
    quotas: none,
    limits: none,
    labelled: none,
    lease: { value: undefined },
    fencing: { value: { isServed: true, missing: [] } },
    kubevirtDefinition: { value: undefined },
    kubevirts: none,
    images: { value: [{ image: 'quay.io/kubevirt/virt-operator:v1.9.0', state: 'on the node' }] },
    ...changes,
  };
}
