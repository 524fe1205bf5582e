import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { lane, type Sim, startLane, startSim } from './cli.ts';
import { type ObjectList, openSimApi, type SimApi } from './sim-api.ts';

const KERNEL_CASE = 'SEV guest: its kernel names exactly the features asked for';
const LAUNCHERS = '/api/v1/pods?labelSelector=kubevirt.io%3Dvirt-launcher';

describe('a guest that ends while it is looked at', function () {
  this.timeout(180_000);
  let folder: string;
  let sim: Sim;
  let api: SimApi;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-ends-'));
    // Its console says nothing, so that the lane sits at it until the guest ends.
    const file = join(folder, 'silent.yaml');
    await writeFile(
      file,
      'name: silent\ndescription: a silent console\nfaults:\n  - guest: sev\n    console: silent\n',
    );
    sim = await startSim(['--sim-scenario', file]);
    api = await openSimApi(sim.kubeconfig);
  });

  afterEach(async () => {
    api?.close();
    await sim?.stop();
    await rm(folder, { recursive: true });
  });

  it('because its launcher died is blamed on the product, by its phase', async () => {
    const running = await startLane([...sim.args, '--require', 'sev', '--verbose']);
    await running.said(`${KERNEL_CASE}: begun`);
    const { items = [] } = (await api.get(LAUNCHERS)) as ObjectList;
    const [launcher] = items;
    await api.remove(
      `/api/v1/namespaces/${launcher?.metadata.namespace}/pods/${launcher?.metadata.name}?gracePeriodSeconds=0`,
    );
    const { exitCode, stdout } = await running.ended();
    expect(exitCode, stdout).to.equal(1);
    expect(stdout.split('\n')[0]).to.match(
      /^product: .*SEV guest: ended while it was looked at; phase=(Failed|Succeeded)/,
    );
  });

  it('because somebody deleted it is blamed on that somebody', async () => {
    const running = await startLane([...sim.args, '--require', 'sev', '--verbose']);
    await running.said(`${KERNEL_CASE}: begun`);
    const { items = [] } = (await api.get('/apis/kubevirt.io/v1/virtualmachineinstances')) as ObjectList;
    await api.remove(`/apis/kubevirt.io/v1/namespaces/${items[0]?.metadata.namespace}/virtualmachineinstances/sev`);
    const { exitCode, stdout } = await running.ended();
    expect(exitCode, stdout).to.equal(3);
    expect(stdout.split('\n')[0]).to.match(/^infra: .*SEV guest: somebody deleted it while it was looked at/);
  });
});

describe('a guest whose kernel panics', function () {
  this.timeout(180_000);

  it('ends its wait at once, with the words of the kernel and the dialogue as evidence', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sevlane-ends-'));
    const file = join(folder, 'panic.yaml');
    await writeFile(file, 'name: panic\ndescription: a kernel panic\nfaults:\n  - guest: sev\n    console: panic\n');
    const { exitCode, stdout } = await lane(['--sim-scenario', file, '--sim-pace', '20', '--require', 'sev']);
    await rm(folder, { recursive: true });
    expect(exitCode, stdout).to.equal(1);
    expect(stdout.split('\n')[0]).to.match(/^product: .*SEV guest: its kernel panicked: Kernel panic - not syncing/);
    expect(stdout).to.include('evidence/sev/console.txt');
  });
});
