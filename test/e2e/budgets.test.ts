import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { lane, startSim } from './cli.ts';
import { allObjects, openSimApi } from './sim-api.ts';

const LANE = { username: 'kubernetes-admin' };

describe('the budgets of a run', function () {
  this.timeout(180_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-budgets-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function scenario(...faults: readonly object[]): Promise<string> {
    const path = join(folder, 'scenario.json');
    await writeFile(path, JSON.stringify({ name: 'made-up', description: 'For a test of budgets.', faults }));
    return path;
  }

  it('stop an installation that takes too long, so that it does not go on behind the back of its undo', async () => {
    const slow = await scenario({ api: { ...LANE, verb: 'patch' }, answer: 'delay', ms: 700 });
    const sim = await startSim(['--sim-scenario', slow]);
    const api = await openSimApi(sim.kubeconfig);
    try {
      const clean = await allObjects(api);
      const { exitCode, stdout, report } = await lane([...sim.args, '--require', 'sev', '--kubevirt-timeout', '3s']);
      expect(exitCode, stdout).to.equal(3);
      expect(report.verdict).to.equal('infra: kubevirt: not done within 3.0 s');
      expect(stdout).to.include('raise --kubevirt-timeout');
      expect(await allObjects(api)).to.deep.equal(clean);
    } finally {
      api.close();
      await sim.stop();
    }
  });

  it('blame KubeVirt, not the time, when it does not get ready, however short the time is', async () => {
    const faults = await scenario({ controller: 'virt-operator', behaviour: 'never-ready' });
    const { exitCode, report } = await lane(['--sim-scenario', faults, '--kubevirt-timeout', '8s']);
    expect(exitCode, report.verdict).to.equal(1);
    expect(report.verdict).to.match(
      /^product: kubevirt: KubeVirt v1\.9\.0 ready: not within [\d.]+ m?s; last saw phase=/,
    );
  });

  it('let the guest of an unfinished case die in peace, and say what was waited for', async () => {
    const faults = await scenario({ guest: 'sev', stuckIn: 'Scheduling' });
    const { exitCode, report } = await lane(['--sim-scenario', faults, '--require', 'sev', '--suites-timeout', '3s']);
    expect(exitCode).to.equal(3);
    expect(report.findings.map(({ message }) => message)).to.have.length(1);
    expect(report.verdict).to.match(/^infra: suites: not done within 3\.0 s; last waited for SEV guest: runs: phase=S/);
  });

  it('of the whole run ends with its work: undoing that goes on longer is no overrun', async () => {
    const faults = await scenario({ api: { ...LANE, verb: 'update', resource: 'leases' }, answer: 'delay', ms: 9000 });
    const { report } = await lane(['--sim-scenario', faults, '--kubevirt-mirror', folder, '--run-timeout', '9s']);
    expect(report.findings.map(({ message }) => message)).to.deep.equal([
      `${folder}/v1.9.0/kubevirt-operator.yaml: cannot be read`,
    ]);
  });

  it('of the whole run tells in which phase it was used up', async () => {
    const api = { ...LANE, verb: ['create', 'update'], resource: 'leases' };
    const faults = await scenario({ api, answer: 'delay', ms: 14_000 });
    const { exitCode, report } = await lane(['--sim-scenario', faults, '--run-timeout', '12s']);
    expect(exitCode).to.equal(3);
    expect(report.verdict).to.equal('infra: the run was not done within 12 s; in phase lease');
  });
});
