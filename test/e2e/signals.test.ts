import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { PHASES } from '../../harness/model/result.ts';
import { type Sim, startLane, startSim } from './cli.ts';
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
