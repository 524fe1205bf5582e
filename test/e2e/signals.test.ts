import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { PHASES } from '../../harness/model/result.ts';
import { lane, readArtifacts, type Sim, startLane, startSim } from './cli.ts';
import { allObjects, openSimApi, type SimApi } from './sim-api.ts';

describe('a run that is stopped by a signal', function () {
  this.timeout(120_000);
  let sim: Sim;
  let api: SimApi;
  let clean: readonly string[];

  before(async () => {
    // Slow enough that each moment lasts: a signal that is sent in one must not arrive in the next.
    sim = await startSim(['--sim-pace', '150']);
    api = await openSimApi(sim.kubeconfig);
    clean = await allObjects(api);
  });

  after(async () => {
    api.close();
    await sim.stop();
  });

  /** The beginning of each phase, and the two moments at which most is under way. */
  const moments = [
    ...PHASES.map((phase) => ({ phase, when: `when phase ${phase} begins`, said: `${phase}: begun` })),
    { phase: 'kubevirt', when: 'in the middle of the installation', said: /waiting for KubeVirt \S+ ready/ },
    { phase: 'suites', when: 'in the middle of a boot', said: 'it runs on the node: begun' },
  ];

  it('a terminal that goes away in the middle of the installation leaves the node as it was and a whole report', async () => {
    const running = await startLane([...sim.args, '--require', 'sev', '--verbose']);
    await running.said(/waiting for KubeVirt \S+ ready/);
    running.kill('SIGHUP');
    const { exitCode, stdout, report } = await running.ended();
    expect(exitCode, stdout).to.equal(129);
    expect(report).to.include({ exitCode: 129 });
    expect(stdout).to.match(/^interrupted: stopped by SIGHUP/);
    expect(await allObjects(api)).to.deep.equal(clean);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    for (const { phase, when, said } of moments) {
      it(`${signal} ${when}: leaves the node as it was and a whole report`, async () => {
        const running = await startLane([...sim.args, '--require', 'sev', '--verbose']);
        await running.said(said);
        running.kill(signal);
        const { exitCode, stdout, report, cases, phases } = await running.ended();
        // A signal that comes when the last phase is over finds a run that has ended by itself.
        expect(exitCode, stdout).to.be.oneOf(
          phase === 'undo' ? [0, signal === 'SIGINT' ? 130 : 143] : [signal === 'SIGINT' ? 130 : 143],
        );
        if (exitCode !== 0) expect(stdout).to.match(/^interrupted: stopped by SIG(TERM|INT)/);
        expect(cases).to.have.length(report.cases.length);
        expect(phases.map(({ name }) => name)).to.have.length(report.phases.length + 2);
        expect(await allObjects(api)).to.deep.equal(clean);
      });
    }
  }
});

/** Each costs two seconds or so: the landing check asks for more of them. */
const KILLS = Number(process.env.TEST_KILLS ?? 8);

describe('a run that is killed', function () {
  this.timeout(600_000);

  it('at any moment leaves files that parse and are red, and the next run sweeps what was left', async () => {
    const sim = await startSim();
    const api = await openSimApi(sim.kubeconfig);
    const clean = await allObjects(api);
    try {
      const args = [...sim.args, '--require', 'sev', '--lease-duration', '3s'];
      const { report } = await lane(args);
      const lastedMs = Date.parse(report.endedAt ?? '') - Date.parse(report.startedAt);
      for (let round = 0; round < KILLS; round += 1) {
        const running = await startLane(args);
        await running.said(/./);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * lastedMs));
        running.kill('SIGKILL');
        for (const file of await readdir(running.artifacts))
          expect(file, 'a temporary file that a reader would take for a report').not.to.match(/^junit.*\.tmp/);
        const left = await readArtifacts(running.artifacts);
        expect(left.report.exitCode, left.report.verdict).to.equal(3);
        await running.ended();
      }
      // It waits as long as the dead holder's lease says; its own may not be lost to a machine that is slow.
      const last = await lane([...args, '--lease-duration', '60s']);
      expect(last.exitCode, last.stdout).to.equal(0);
      expect(await allObjects(api)).to.deep.equal(clean);
    } finally {
      api.close();
      await sim.stop();
    }
  });
});
