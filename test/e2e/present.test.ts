import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { parseAllDocuments } from 'yaml';
import { lane, type Sim, startSim } from './cli.ts';
import { allObjects, openSimApi, type SimApi } from './sim-api.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly spec?: object;
}

const RESOURCE = '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts/kubevirt';
const GATE_ON = { developerConfiguration: { featureGates: ['WorkloadEncryptionSEV'] } };

describe('a cluster that somebody has put a KubeVirt into', function () {
  this.timeout(180_000);
  let sim: Sim;
  let api: SimApi;

  beforeEach(async () => {
    sim = await startSim();
    api = await openSimApi(sim.kubeconfig);
  });

  afterEach(async () => {
    api.close();
    await sim.stop();
  });

  const manifest = async (file: string): Promise<readonly Manifest[]> => {
    const text = await readFile(join(sim.manifestMirror, 'v1.7.4', file), 'utf8');
    return [...parseAllDocuments(text)]
      .map((document) => document.toJS() as Manifest | null)
      .filter((one) => one !== null);
  };

  const install = async (configuration: object): Promise<unknown> => {
    for (const object of await manifest('kubevirt-operator.yaml')) await create(api, object);
    for (const object of await manifest('kubevirt-cr.yaml'))
      await create(api, { ...object, spec: { ...object.spec, configuration } });
    for (;;) {
      const resource = (await api.get(RESOURCE)) as { readonly status?: { readonly phase?: string } };
      if (resource.status?.phase === 'Deployed') return resource;
    }
  };

  const run = (...args: readonly string[]) => lane([...sim.args, '--require', 'sev', ...args]);

  it('is tested with it and leaves it as it was', async () => {
    const installed = await install(GATE_ON);
    const before = await allObjects(api);
    for (const version of ['v1.7.4', 'existing']) {
      const { exitCode, report } = await run('--kubevirt', version);
      expect(exitCode, report.verdict).to.equal(0);
      expect(report.subject.kubevirt).to.equal('v1.7.4');
      expect(await api.get(RESOURCE)).to.deep.equal(installed);
      expect(await allObjects(api)).to.deep.equal(before);
    }
  });

  it('is refused when it is another version, or cannot do SEV, and left as it was', async () => {
    const installed = await install({});
    const before = await allObjects(api);
    const other = await run('--kubevirt', 'v1.9.0');
    expect(other.exitCode).to.equal(3);
    expect(other.report.verdict).to.equal(
      'infra: cluster: kubevirt-present: the cluster already has v1.7.4 in kubevirt, not v1.9.0',
    );
    const gateOff = await run('--kubevirt', 'v1.7.4');
    expect(gateOff.exitCode).to.equal(3);
    expect(gateOff.report.verdict).to.match(
      /^infra: cluster: kubevirt-present: the feature gate WorkloadEncryptionSEV is off/,
    );
    expect(await api.get(RESOURCE)).to.deep.equal(installed);
    expect(await allObjects(api)).to.deep.equal(before);
  });

  it('is not taken over when only its operator stands', async () => {
    for (const object of await manifest('kubevirt-operator.yaml')) await create(api, object);
    const before = await api.get('/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator');
    const { exitCode, report } = await run('--kubevirt', 'v1.7.4');
    expect(exitCode).to.equal(3);
    expect(report.verdict).to.match(/^infra: cluster: kubevirt-present: half a KubeVirt/);
    const after = await api.get('/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator');
    expect(after).to.have.nested.property('metadata.uid', uidOf(before));
    expect(after).not.to.have.nested.property('metadata.deletionTimestamp');
  });

  it('keeps the namespace that was prepared for it', async () => {
    await api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubevirt' } });
    const before = await allObjects(api);
    const { exitCode, report } = await run('--kubevirt', 'v1.7.4');
    expect(exitCode, report.verdict).to.equal(0);
    // What KubeVirt's components elected their leaders with is nobody's to take away, save with the namespace.
    const after = (await allObjects(api)).filter((each) => !/^leases kubevirt\/virt-/.test(each));
    expect(after).to.deep.equal(before);
  });
});

async function create(api: SimApi, object: Manifest): Promise<void> {
  const root = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  const { resources } = (await api.get(root)) as { resources: readonly { name: string; kind: string }[] };
  const plural = resources.find(({ name, kind }) => kind === object.kind && !name.includes('/'))?.name;
  const { namespace } = object.metadata;
  await api.create(`${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`, object);
}

function uidOf(object: unknown): string {
  return (object as { readonly metadata: { readonly uid: string } }).metadata.uid;
}
