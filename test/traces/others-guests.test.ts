import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { InfraError } from '../../harness/errors/errors.ts';
import { RUN_LABEL } from '../../harness/kube/find-left.ts';
import { sweepOtherRuns } from '../../harness/kube/sweep.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { type CleanInput, cleanCluster } from '../../harness/tools/clean.ts';
import { prepareDeparture } from '../../harness/traces/departure.ts';
import { installKubevirt, openSimulatedCluster, type SimulatedCluster, VERSION } from './simulated-cluster.ts';

const KUBEVIRT = '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts/kubevirt';
const HELD = "not taken away: VirtualMachine theirs/precious is somebody else's and would go with it";

describe('guests of others on a KubeVirt that a run installed', function () {
  this.timeout(60_000);
  let cluster: SimulatedCluster;
  let run: OwnedScope;
  let isKept: boolean;
  let said: string[];

  const machines = (namespace: string) => `/apis/kubevirt.io/v1/namespaces/${namespace}/virtualmachines`;
  const place = async (namespace: string, name: string, labels: Readonly<Record<string, string>> = {}) => {
    const metadata = { name: namespace, labels };
    await cluster.client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
    await cluster.client.create(machines(namespace), {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachine',
      metadata: { name, namespace, labels },
      spec: {
        runStrategy: 'Halted',
        template: { spec: { domain: { devices: {}, resources: { requests: { memory: '64Mi' } } } } },
      },
    });
  };
  const there = async (path: string) => (await cluster.client.find(path)) !== undefined;
  const expectUntouched = async () => {
    expect((await cluster.client.get(KUBEVIRT)).metadata.deletionTimestamp).to.equal(undefined);
    expect(await there('/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator')).to.equal(true);
    expect(await there(`${machines('theirs')}/precious`)).to.equal(true);
  };
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => expect.fail('it succeeded'),
      (thrown: unknown) => thrown as InfraError,
    );
    expect(error.blame).to.equal('infra');
    return error;
  };
  const clean = async (values: CleanInput['values']) => {
    const own = openScope(() => {});
    const stdout = new PassThrough();
    const input = { values, runId: 'c', terminal: { stdout }, own: { environment: {}, pid: 7 }, surroundings: {} };
    const code = await cleanCluster(own, cluster.newClient(own), input as unknown as CleanInput).finally(own.close);
    return { code, said: String(stdout.read() ?? '') };
  };

  beforeEach(async () => {
    cluster = await openSimulatedCluster();
    said = [];
    run = openScope((event) => {
      if (event.type === 'log') said.push(event.message);
    });
    isKept = false;
    await prepareDeparture(run, cluster.client, {
      runId: 'run-1',
      namespace: 'kube-system',
      keptBecause: () => (isKept ? '--keep' : undefined),
      howToLook: () => [],
    });
    await installKubevirt(run, cluster, { runId: 'run-1', isKept: () => isKept });
    await place('theirs', 'precious');
    await place('ours', 'guest', { [RUN_LABEL]: 'run-1' });
  });
  afterEach(() => cluster.close());

  it('keep it standing when nobody may see whether there are any', async () => {
    const { client } = cluster;
    const fault = { api: { verb: 'list', resource: 'virtualmachines' }, answer: 'status', status: 403 };
    const refused = { ...fault, reason: 'Forbidden', message: 'virtualmachines is forbidden: no list' };
    await client.request({ method: 'POST', path: '/sevlane-sim/faults', body: refused });
    const findings = await run.close();
    expect(findings.map(({ message }) => message).join('\n')).to.include('virtualmachines is forbidden');
    await client.request({ method: 'DELETE', path: '/sevlane-sim/faults' });
    await expectUntouched();
  });

  it('keep it standing when the run undoes its work, which is told once', async () => {
    const findings = await run.close();
    expect(findings.map(({ blame, message }) => ({ blame, message }))).to.deep.equal([
      { blame: 'infra', message: `KubeVirt ${VERSION}: ${HELD}` },
    ]);
    expect(findings[0]?.hint).to.contain('sevlane clean --all');
    await expectUntouched();
    const { annotations = {} } = (await cluster.client.get(KUBEVIRT)).metadata;
    expect(annotations['sevlane/left']).to.contain("VirtualMachine theirs/precious is somebody else's");
  });

  it('may be deleted, and what else others have in its namespace is told when it goes', async () => {
    const settings = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'their-settings', namespace: 'kubevirt' },
    };
    await cluster.client.create('/api/v1/namespaces/kubevirt/configmaps', settings);
    for (const each of ['theirs', 'ours']) await cluster.client.delete(`/api/v1/namespaces/${each}`);
    for (let looks = 0; looks < 1000 && (await there(`${machines('theirs')}/precious`)); looks++);
    expect(await run.close()).to.deep.equal([]);
    expect(await there(KUBEVIRT)).to.equal(false);
    expect(said.filter((each) => each.includes('neither this run nor KubeVirt'))).to.deep.equal([
      'configmaps "kubevirt/their-settings", which neither this run nor KubeVirt made, goes with namespace kubevirt',
    ]);
  });

  it('keep it standing when a later run or sevlane clean sweeps, and only what is of the run goes', async () => {
    isKept = true;
    await run.close();
    const { message } = await failure(sweepOtherRuns(cluster.scope, cluster.client, { runId: 'run-2' }));
    expect(message).to.equal(`KubeVirt of run run-1: ${HELD}`);
    await expectUntouched();
    expect(await there('/api/v1/namespaces/ours')).to.equal(false);
    expect((await clean({ 'dry-run': true })).said).to.contain(
      "KubeVirt stays: VirtualMachine theirs/precious is somebody else's",
    );
    expect((await failure(clean({}))).message).to.equal(`KubeVirt of run run-1: ${HELD}`);
    await expectUntouched();
  });

  it('go with it when all is asked for, and are named before that is confirmed', async () => {
    isKept = true;
    await run.close();
    const { said } = await clean({ all: true, 'dry-run': true });
    expect(said).to.contain('goes with --all: virtualmachines "theirs/precious", of no run\n');
    expect(said).to.contain('goes with --all: virtualmachines "ours/guest"\n');
    expect(said).to.contain('goes with --all: kubevirts "kubevirt/kubevirt"\n');
    expect(said).to.contain('goes with --all: namespaces "kubevirt"\n');
    expect(said).to.match(/goes with --all: \d\d customresourcedefinitions of KubeVirt's, with their objects\n/);
    await expectUntouched();
    expect((await clean({ all: true, yes: true })).code).to.equal(0);
    expect(await there(KUBEVIRT)).to.equal(false);
    expect(await there(`${machines('theirs')}/precious`)).to.equal(false);
  });
});
