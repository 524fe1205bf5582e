import { resolve } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { AdmissionReview } from '../../../providers/mock/api/backends.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { AdmissionContext } from '../../../providers/mock/kubevirt/admission/context.ts';
import { admit } from '../../../providers/mock/kubevirt/admit.ts';
import { KNOWN_VERSIONS, kubevirtVersion } from '../../../providers/mock/kubevirt/versions.ts';
import { replayKubeVirt } from '../../conformance/kubevirt.ts';
import { replayKubeVirtLive } from '../../conformance/kubevirt-live.ts';
import { memoryCluster } from '../../conformance/memory-cluster.ts';
import { orSkip } from './vectors.ts';

const VECTORS = resolve('../shared/vectors');
const CREATE = '/virtualmachineinstances-validate-create';

describe('the admission of simulated KubeVirt', () => {
  for (const { text } of KNOWN_VERSIONS) {
    it(`answers the recorded objects as ${text} did`, async function () {
      const verdicts = orSkip(this, await replayKubeVirt(`${VECTORS}/kubevirt`, [text]));
      expect(verdicts.length).to.be.greaterThan(1000);
      expect(verdicts.filter(({ differences }) => differences.length > 0)).to.deep.equal([]);
    });
  }

  it('answers through its reviews as a running v1.9.0 did', async function () {
    const verdicts = orSkip(this, await replayKubeVirtLive(`${VECTORS}/kubevirt-live`));
    expect(verdicts.filter(({ differences }) => differences.length > 0)).to.deep.equal([]);
  });

  it('completes a new guest by a patch', async () => {
    const answer = await ask('/virtualmachineinstances-mutate', guest({ launchSecurity: { snp: {} } }));
    expect(answer).to.include({ uid: 'review-1', allowed: true, patchType: 'JSONPatch' });
    const patch = JSON.parse(Buffer.from(answer?.patch ?? '', 'base64').toString()) as {
      path: string;
      value: unknown;
    }[];
    expect(patch.map(({ path }) => path)).to.deep.equal(['/spec', '/metadata', '/status']);
    expect(patch[0]?.value).to.have.nested.property('domain.launchSecurity.snp');
    expect(patch[0]?.value).to.not.have.nested.property('domain.memory.maxGuest');
    expect(patch[2]?.value).to.include({ phase: 'Pending', runtimeUser: 107 });
  });

  it('lets a plain guest grow in memory, but not an encrypted one', async () => {
    const plain = await ask('/virtualmachineinstances-mutate', guest({}));
    expect(Buffer.from(plain?.patch ?? '', 'base64').toString()).to.contain('"maxGuest":"4Gi"');
  });

  it('rewrites quantities and drops what is empty, as the real code does by reading and writing', async () => {
    const answer = await ask(
      '/virtualmachineinstances-mutate',
      guest({ memory: { guest: '2048Mi' }, resources: { requests: {}, limits: { cpu: '1000m' } } }),
    );
    const text = Buffer.from(answer?.patch ?? '', 'base64').toString();
    expect(text).to.contain('"guest":"2Gi"').and.to.contain('"limits":{"cpu":"1"},"requests":{"cpu":"1"}');
  });

  it('refuses an SNP guest with persistent EFI variables and one that boots from its NIC, naming each', async () => {
    const firmware = { bootloader: { efi: { secureBoot: false, persistent: true } } };
    const interfaces = [{ name: 'default', masquerade: {}, bootOrder: 1 }];
    const answer = await ask(CREATE, guest({ launchSecurity: { snp: {} }, firmware, devices: { interfaces } }));
    expect(causesOf(answer)).to.deep.equal([
      ['spec.launchSecurity', 'SNP does not work along with Persistent EFI variables'],
      ['spec.launchSecurity', 'SNP does not work with bootable NICs: default'],
    ]);
  });

  it('knows neither snp nor more than the gate before v1.7', async () => {
    const snp = guest({ launchSecurity: { snp: {} } });
    const v16 = await ask(CREATE, snp, { release: 'v1.6.6' });
    expect(v16?.allowed).to.equal(true);
    const v17 = await ask(CREATE, snp, { release: 'v1.7.4' });
    expect(v17?.status?.message).to.equal('WorkloadEncryptionSEV feature gate is not enabled in kubevirt-config');
  });

  it('tells ten causes at most and counts the rest', async () => {
    const disks = Array.from({ length: 13 }, (_, index) => ({ name: `d${index}`, disk: { bus: 'floppy' } }));
    const volumes = disks.map(({ name }) => ({ name, emptyDisk: { capacity: '1Gi' } }));
    const answer = await ask(CREATE, guest({ devices: { disks, interfaces: [NIC] } }, { volumes }));
    expect(answer?.status).to.include({ code: 422, reason: 'Invalid' });
    expect(causesOf(answer)).to.have.length(10);
    expect(answer?.status?.message).to.match(/must be one of: \[virtio scsi sata usb\], and 3 more validation errors$/);
  });

  it('checks types before anything else', async () => {
    const wrong = guest({ firmware: { bootloader: { efi: { secureBoot: 'no' } } } });
    const answer = await ask('/virtualmachineinstances-mutate', wrong);
    const field = 'spec.domain.firmware.bootloader.efi.secureBoot';
    expect(answer?.status?.message).to.equal(`${field} in body must be of type boolean: "string"`);
    const bad = await ask('/virtualmachineinstances-mutate', guest({ memory: { guest: '1 GiB' } }));
    expect(bad?.status).to.include({ code: 400 });
    expect(bad?.status?.message).to.match(/^quantities must match the regular expression/);
  });
});

describe('an eviction in simulated KubeVirt', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'virt-launcher-a',
      namespace: 'default',
      labels: { 'kubevirt.io': 'virt-launcher' },
      annotations: { 'kubevirt.io/domain': 'x' },
    },
    spec: { nodeName: 'node-a' },
    status: { phase: 'Running' },
  };
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'virt-launcher-a', namespace: 'default' },
  };
  const running = (migratable: boolean, evictionStrategy: string): KubeObject => ({
    ...guest({}, { evictionStrategy }),
    status: { nodeName: 'node-a', conditions: [{ type: 'LiveMigratable', status: migratable ? 'True' : 'False' }] },
  });
  const path = '/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances/x';

  it('marks a guest that can be moved, and is answered with 429', async () => {
    const cluster = memoryCluster([pod, running(true, 'LiveMigrate')]);
    const answer = await ask('/pod-eviction-validate', eviction, { cluster });
    expect(answer?.status).to.include({ code: 429, message: 'Eviction triggered evacuation of VMI "default/x"' });
    const operations = [{ op: 'add', path: '/status/evacuationNodeName', value: 'node-a' }];
    expect(cluster.patches).to.deep.equal([{ path, operations, dryRun: false }]);
  });

  it('lets a guest go that neither can nor must be moved, and marks nothing', async () => {
    const cluster = memoryCluster([pod, running(false, 'LiveMigrateIfPossible')]);
    expect((await ask('/pod-eviction-validate', eviction, { cluster }))?.allowed).to.equal(true);
    expect(cluster.patches).to.deep.equal([]);
  });
});

describe('the KubeVirt CR in simulated KubeVirt', () => {
  const cr = (spec: object, status: object = {}): KubeObject => ({
    apiVersion: 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata: { name: 'kubevirt', namespace: 'kubevirt' },
    spec,
    status,
  });

  it('is there once', async () => {
    const cluster = memoryCluster([cr({})]);
    const answer = await ask('/kubevirt-validate-create', cr({}), { cluster });
    expect(answer?.status).to.include({ code: 400, message: 'Kubevirt is already created' });
  });

  it('cannot be deleted under its guests if it says so', async () => {
    const blocking = cr({ uninstallStrategy: 'BlockUninstallIfWorkloadsExist' }, { phase: 'Deployed' });
    const cluster = memoryCluster([guest({})]);
    const answer = await ask('/kubevirt-validate-delete', undefined, { cluster, old: blocking, operation: 'DELETE' });
    expect(answer?.status?.message).to.match(/^Rejecting the uninstall request.* Virtual Machine Instances present\./);
    const free = await ask('/kubevirt-validate-delete', undefined, { old: blocking, operation: 'DELETE' });
    expect(free?.allowed).to.equal(true);
  });

  it('may not list a gate as on and off, nor ask for no replica', async () => {
    const developerConfiguration = { featureGates: ['Snapshot'], disabledFeatureGates: ['Snapshot'] };
    const spec = { configuration: { developerConfiguration }, infra: { replicas: 0 } };
    const answer = await ask('/kubevirt-validate-update', cr(spec), { old: cr({}), operation: 'UPDATE' });
    expect(causesOf(answer).map(([, message]) => message)).to.deep.equal([
      'feature gate "Snapshot" exists on both "FeatureGates" and "DisabledFeatureGates"',
      "infra replica count can't be 0",
    ]);
  });
});

const NIC = { name: 'default', masquerade: {} };

/** A guest after defaults, as far as the rules under test look. */
function guest(domain: object, spec: object = {}): KubeObject {
  const firmware = { bootloader: { efi: { secureBoot: false } } };
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name: 'x', namespace: 'default' },
    spec: {
      architecture: 'amd64',
      domain: { memory: { guest: '1Gi' }, firmware, devices: { interfaces: [NIC] }, ...domain },
      networks: [{ name: 'default', pod: {} }],
      ...spec,
    },
  };
}

interface Question {
  readonly release?: string;
  readonly cluster?: AdmissionContext['cluster'];
  readonly old?: KubeObject;
  readonly operation?: string;
}

async function ask(
  path: string,
  object: KubeObject | undefined,
  question: Question = {},
): Promise<AdmissionReview['response']> {
  const version = kubevirtVersion(question.release ?? 'v1.9.0');
  if (version === undefined) throw new Error(`${question.release} is unknown`);
  const review: AdmissionReview = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'review-1',
      operation: question.operation ?? 'CREATE',
      name: object?.metadata.name ?? '',
      namespace: object?.metadata.namespace ?? '',
      userInfo: { username: 'someone', groups: [] },
      object: object ?? null,
      oldObject: question.old ?? null,
    },
  };
  const context: AdmissionContext = {
    version,
    kubevirt: undefined,
    cluster: question.cluster ?? memoryCluster([]),
    namespace: 'kubevirt',
    now: () => new Date('2026-01-01T00:00:00Z'),
    uuid: () => '00000000-0000-4000-8000-000000000001',
  };
  return (await admit(path, review, context)).response;
}

function causesOf(
  response: AdmissionReview['response'],
): readonly (readonly [field: string | undefined, message: string])[] {
  const details = response?.status?.details as { causes?: { field?: string; message: string }[] } | undefined;
  return (details?.causes ?? []).map(({ field, message }) => [field, message]);
}
