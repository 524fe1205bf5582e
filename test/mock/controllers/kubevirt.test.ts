import { expect } from 'chai';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { Loose, Node } from '../../../providers/mock/controllers/kinds.ts';
import { hasCondition } from '../../../providers/mock/controllers/kinds.ts';
import { collectionOf } from '../../../providers/mock/controllers/kubevirt/operator/kinds.ts';
import { kubevirtCr, operatorManifest } from '../../../providers/mock/kubevirt/manifest.ts';
import { kubevirtVersion } from '../../../providers/mock/kubevirt/versions.ts';
import { startCluster, type TestCluster } from './cluster.ts';

const CRS = '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts';
const VMIS = '/apis/kubevirt.io/v1/namespaces/guests/virtualmachineinstances';

const GUESTS = {
  plain: undefined,
  sev: { sev: {} },
  'sev-es': { sev: { policy: { encryptedState: true } } },
  'sev-snp': { snp: {} },
} as const;

const vmi = (name: keyof typeof GUESTS) => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  metadata: { name, namespace: 'guests' },
  spec: {
    terminationGracePeriodSeconds: 0,
    domain: {
      ...(GUESTS[name] === undefined ? {} : { launchSecurity: GUESTS[name] }),
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
  },
});

const statusOf = (object: KubeObject | undefined) => (object as Loose | undefined)?.status;

for (const text of ['v1.6.6', 'v1.7.4', 'v1.9.0']) {
  describe(`KubeVirt ${text} on a simulated SEV node`, () => {
    const version = kubevirtVersion(text);
    if (version === undefined) throw new Error(`${text} is unknown`);
    let cluster: TestCluster;
    const rest = () => cluster.rest;
    before(async () => {
      cluster = await startCluster();
    });
    after(() => cluster.stop());

    it('is installed: deployed, available, with a labelled node', async () => {
      for (const object of operatorManifest(version)) await rest().create(collectionOf(object), object);
      await cluster.until(
        '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
        'kubevirts.kubevirt.io',
        (object) => hasCondition(statusOf(object)?.conditions, 'Established'),
      );
      await rest().create(CRS, {
        ...kubevirtCr(),
        spec: { configuration: { developerConfiguration: { featureGates: ['WorkloadEncryptionSEV'] } } },
      });
      const cr = await cluster.until(CRS, 'kubevirt', (object) =>
        hasCondition(statusOf(object)?.conditions, 'Available'),
      );
      expect(statusOf(cr)).to.include({ phase: 'Deployed', observedKubeVirtVersion: text, observedGeneration: 1 });
      const node = (await cluster.until(
        '/api/v1/nodes',
        'sev-milan-1',
        (object) => (object as Node).status?.allocatable?.['devices.kubevirt.io/sev'] === '1k',
      )) as Node;
      expect(node.metadata.labels).to.include({
        'kubevirt.io/sev': 'true',
        'kubevirt.io/sev-es': 'true',
        'kubevirt.io/schedulable': 'true',
      });
      expect('kubevirt.io/sev-snp' in (node.metadata.labels ?? {})).to.equal(text !== 'v1.6.6');
    });

    it('boots guests of every kind', async () => {
      await rest().create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'guests' } });
      await cluster.until('/api/v1/namespaces/guests/serviceaccounts', 'default', Boolean);
      for (const name of ['plain', 'sev', 'sev-es', 'sev-snp'] as const) {
        if (name === 'sev-snp' && text === 'v1.6.6') continue;
        await rest().create(VMIS, vmi(name));
        const running = await cluster.until(VMIS, name, (object) => statusOf(object)?.phase === 'Running');
        const live = statusOf(running)?.conditions?.find(({ type }) => type === 'LiveMigratable');
        expect(live?.reason).to.equal(name === 'plain' ? undefined : 'SEVNotLiveMigratable');
      }
    });

    it('lets guests go when they are deleted', async () => {
      for (const { metadata } of (await rest().list(VMIS)).items) {
        await rest().remove(`${VMIS}/${metadata.name}`);
        await cluster.until(VMIS, metadata.name ?? '', (object) => object === undefined);
      }
      expect((await rest().list('/api/v1/namespaces/guests/pods')).items).to.deep.equal([]);
    });

    it('is uninstalled without a trace', async () => {
      await rest().remove(`${CRS}/kubevirt`);
      await cluster.until(CRS, 'kubevirt', (object) => object === undefined);
      const node = await rest().get<Node>('/api/v1/nodes/sev-milan-1');
      expect(Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith('kubevirt.io/'))).to.deep.equal(
        [],
      );
    });
  });
}
