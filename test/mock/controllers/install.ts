import type { Loose, Node } from '../../../providers/mock/controllers/kinds.ts';
import { hasCondition } from '../../../providers/mock/controllers/kinds.ts';
import { collectionOf } from '../../../providers/mock/controllers/kubevirt/operator/kinds.ts';
import { kubevirtCr, operatorManifest } from '../../../providers/mock/kubevirt/manifest.ts';
import { kubevirtVersion } from '../../../providers/mock/kubevirt/versions.ts';
import type { TestCluster } from './cluster.ts';

const CRS = '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts';

/** Installs a release as a user does, and waits until it is available and the node offers /dev/sev. Returns the CR. */
export async function installKubevirt(cluster: TestCluster, text: string): Promise<Loose> {
  const version = kubevirtVersion(text);
  if (version === undefined) throw new Error(`${text} is unknown`);
  for (const object of operatorManifest(version)) await cluster.rest.create(collectionOf(object), object);
  await cluster.until('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', 'kubevirts.kubevirt.io', (object) =>
    hasCondition((object as Loose | undefined)?.status?.conditions, 'Established'),
  );
  await cluster.rest.create(CRS, {
    ...kubevirtCr(),
    spec: { configuration: { developerConfiguration: { featureGates: ['WorkloadEncryptionSEV'] } } },
  });
  const cr = await cluster.until(CRS, 'kubevirt', (object) =>
    hasCondition((object as Loose | undefined)?.status?.conditions, 'Available'),
  );
  await cluster.until('/api/v1/nodes', 'sev-milan-1', (object) => {
    const { labels } = (object as Node).metadata;
    const offered = (object as Node).status?.allocatable?.['devices.kubevirt.io/sev'];
    return labels?.['kubevirt.io/schedulable'] === 'true' && offered === '1k';
  });
  return cr as Loose;
}

/** Kinds of guests by name, and their launchSecurity. */
export const LAUNCH_SECURITY = {
  plain: undefined,
  sev: { sev: {} },
  'sev-es': { sev: { policy: { encryptedState: true } } },
  'sev-snp': { snp: {} },
} as const;

/** The spec of a small guest. */
export function guestSpec(kind: keyof typeof LAUNCH_SECURITY) {
  const launchSecurity = LAUNCH_SECURITY[kind];
  return {
    terminationGracePeriodSeconds: 0,
    domain: {
      ...(launchSecurity === undefined ? {} : { launchSecurity }),
      firmware: { bootloader: { efi: { secureBoot: false } } },
      memory: { guest: '1Gi' },
      devices: {
        autoattachGraphicsDevice: false,
        rng: {},
        disks: [{ name: 'root', disk: { bus: 'virtio' } }],
        interfaces: [{ name: 'default', masquerade: {} }],
      },
    },
    networks: [{ name: 'default', pod: {} }],
    volumes: [
      { name: 'root', containerDisk: { image: 'quay.io/kubevirt/fedora-with-test-tooling-container-disk:v1.9.0' } },
    ],
  };
}

/** A VMI of this kind in the namespace `guests`. */
export function guest(kind: keyof typeof LAUNCH_SECURITY, name: string = kind) {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace: 'guests' },
    spec: guestSpec(kind),
  };
}
