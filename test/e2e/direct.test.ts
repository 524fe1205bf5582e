import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { lane, type Outcome, type Sim, startSim } from './cli.ts';

describe('a run that has only a kubeconfig', function () {
  this.timeout(180_000);
  let sim: Sim;
  let outcome: Outcome;

  before(async () => {
    sim = await startSim(['--sim-host', 'rome-es']);
    outcome = await lane([
      ...['--provider', 'external', '--kubeconfig', sim.kubeconfig],
      ...['--kubevirt-mirror', sim.manifestMirror],
    ]);
  });
  after(async () => await sim?.stop());

  it('proves the guests, and says in its verdict that the host was not read', () => {
    expect(outcome.exitCode, outcome.stderr).to.equal(0);
    expect(outcome.report.verdict).to.match(
      /^passed: SEV and SEV-ES guests on KubeVirt \S+ on a node; the host itself was not read$/,
    );
  });

  it('has a row that says why for each phase that asks the host', () => {
    const rows = outcome.phases.filter(({ outcome: how }) => how === 'skipped').map(({ name }) => name);
    expect(rows).to.include.members(['connect', 'probe']);
    const reasons = outcome.report.phases
      .filter(({ name }) => name === 'connect' || name === 'probe')
      .map(({ reason }) => reason);
    expect(new Set(reasons)).to.deep.equal(
      new Set(['no --ssh is given: the API is reached directly, and nothing is read of the host itself']),
    );
  });

  it('never counts a case about the host as passed', () => {
    const host = outcome.report.cases.filter(({ title }) => /the host has it|labelled for it/.test(title));
    expect(host.length).to.equal(4);
    for (const { outcome: how, reason } of host) {
      expect(how).to.equal('skipped');
      expect(reason).to.equal('not read: without --ssh nothing is known of the host itself');
    }
  });

  it('demands what the labels of the node promise', () => {
    expect(outcome.report.demanded).to.deep.equal(['sev', 'sev-es']);
    expect(outcome.report.notDemanded).to.deep.equal([
      { technology: 'sev-snp', reason: 'the node lacks the label kubevirt.io/sev-snp, and the host was not read' },
    ]);
  });
});
