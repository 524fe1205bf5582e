import { expect } from 'chai';
import { describe, it } from 'mocha';
import { PHASES } from '../../harness/model/result.ts';
import { casesXml, phasesXml } from '../../reports/junit.ts';
import { reportOf } from '../../reports/record.ts';
import { isRed } from '../../reports/run-record.ts';
import { closingText } from '../../reports/text.ts';
import {
  at,
  closedRecordOf,
  DEMANDS,
  EVIDENCE,
  ended,
  finding,
  GREEN,
  PLAN,
  PLANNED,
  phaseEnded,
  phaseStarted,
  recordOf,
  SUBJECT,
  through,
} from './sample-run.ts';

const redRows = (report: ReturnType<typeof reportOf>) =>
  [...report.phases, report.connectionRow, report.run].filter(isRed).map(({ name }) => name);

describe('record of a run', () => {
  it('names what was proven, on which KubeVirt and node', () => {
    const report = reportOf(closedRecordOf(GREEN));
    expect(report.verdict).to.equal('passed: SEV and SEV-ES guests on KubeVirt v1.9.0, node root@node.example:22');
    expect(report.exitCode).to.equal(0);
    expect(redRows(report)).to.deep.equal([]);
    expect(report.findings).to.deep.equal([]);
  });

  it('says of a simulated green that nothing is proven on hardware', () => {
    const { verdict } = reportOf(closedRecordOf(GREEN, true));
    expect(verdict).to.match(/^passed: .*simulated node.*; nothing is proven on hardware$/);
  });

  it('is red, with one red row, at every moment before the end', () => {
    for (let count = 0; count <= GREEN.length; count += 1) {
      const report = reportOf(recordOf(GREEN.slice(0, count)));
      expect(report.exitCode, `after ${count} events`).to.equal(3);
      expect(report.verdict).to.match(/^infra: the run has not ended/);
      expect(report.endedAt).to.equal(undefined);
      expect(redRows(report)).to.deep.equal(['run']);
      expect(report.phases.map(({ name }) => name)).to.deep.equal(PHASES);
    }
  });

  it('tells while it goes on which phase is in progress and which cases are unfinished', () => {
    const begun = { type: 'case-started', at: at(20), title: PLAN[1]?.title ?? '' } as const;
    const report = reportOf(recordOf([...through('kubevirt'), PLANNED, phaseStarted('suites'), ended(PLAN[0]), begun]));
    expect(report.verdict).to.contain('in phase suites');
    expect(report.phases.find(({ name }) => name === 'suites')?.reason).to.contain('not finished yet');
    expect(report.phases.find(({ name }) => name === 'undo')?.reason).to.contain('not reached yet');
    expect(report.cases.map(({ outcome }) => outcome)).to.deep.equal(['passed', 'not-run', 'not-run', 'not-run']);
    expect(report.cases[1]?.reason).to.contain('not finished yet');
    expect(report.cases[2]?.reason).to.contain('not reached yet');
  });

  it('keeps a product failure in the verdict of a run that has not ended', () => {
    const failed = ended(PLAN[0], { outcome: 'failed', finding: finding('product', 'boots plain', PLAN[0]?.title) });
    const report = reportOf(recordOf([...through('kubevirt'), PLANNED, phaseStarted('suites'), failed]));
    expect(report.verdict).to.match(/^product: .*boots plain; the run has not ended$/);
    expect(report.exitCode).to.equal(1);
  });

  it('says of an interrupted run that still undoes that it has not ended', () => {
    const ending = {
      type: 'ending',
      at: at(5),
      finding: finding('interrupted', 'stopped by SIGINT'),
      signal: 'SIGINT',
    } as const;
    const report = reportOf(recordOf([...through('open'), ending, phaseStarted('undo')]));
    expect(report.verdict).to.equal('interrupted: stopped by SIGINT; the run has not ended');
    expect(report.exitCode).to.equal(130);
  });

  it('blames the phase that failed of itself, in one red row whose finding is the verdict', () => {
    const refused = finding('infra', 'ssh to node.example: the host key is not the known one', 'phase connect');
    const report = reportOf(
      closedRecordOf([...through('open'), PLANNED, phaseStarted('connect'), phaseEnded('connect', refused)]),
    );
    expect(report.verdict).to.equal('infra: connect: ssh to node.example: the host key is not the known one');
    expect(report.hint).to.equal('do something about infra');
    expect(report.exitCode).to.equal(3);
    expect(redRows(report)).to.deep.equal(['connect']);
    expect(report.run).to.include({ outcome: 'not-run', reason: 'ended in phase connect' });
    expect(report.phases.find(({ name }) => name === 'probe')?.reason).to.equal('phase connect failed');
    expect(
      report.cases.every(({ outcome, reason }) => outcome === 'not-run' && reason === 'phase connect failed'),
    ).to.equal(true);
  });

  it('stays with the phase when the end is told after it with the same finding', () => {
    const refused = finding('infra', 'no route', 'phase connect');
    const ending = { type: 'ending', at: at(9), finding: { ...refused, where: 'run' } } as const;
    const report = reportOf(
      closedRecordOf([...through('open'), phaseStarted('connect'), phaseEnded('connect', refused), ending]),
    );
    expect(redRows(report)).to.deep.equal(['connect']);
  });

  it('blames the connection when it is lost mid-boot: what was in flight is not run', () => {
    const lost = finding('infra', 'ssh root@node.example: lost for 60 s', 'connection');
    const where = { ...lost, where: 'phase suites' };
    const report = reportOf(
      closedRecordOf([
        ...through('kubevirt'),
        PLANNED,
        phaseStarted('suites'),
        ended(PLAN[0]),
        { type: 'case-started', at: at(20), title: PLAN[1]?.title ?? '' },
        { type: 'ending', at: at(25), finding: lost },
        ended(PLAN[1], { outcome: 'errored', finding: { ...lost, where: PLAN[1]?.title ?? '' }, ms: 5000 }),
        phaseEnded('suites', where),
        phaseStarted('undo'),
        phaseEnded('undo'),
      ]),
    );
    expect(redRows(report)).to.deep.equal(['connection']);
    expect(report.verdict).to.equal('infra: connection: ssh root@node.example: lost for 60 s');
    expect(report.run).to.include({ outcome: 'not-run', reason: 'connection lost' });
    expect(report.exitCode).to.equal(3);
    expect(report.cases.map(({ outcome }) => outcome)).to.deep.equal(['passed', 'not-run', 'not-run', 'not-run']);
    expect(report.phases.find(({ name }) => name === 'suites')?.outcome).to.equal('not-run');
    const notRun = [...casesXml(report).matchAll(/<skipped message="([^"]*)"/g)].map((match) => match[1]);
    expect(notRun).to.deep.equal(Array(3).fill('not run: connection lost'));
    expect(phasesXml(report)).to.match(
      /name="connection"[^>]*><failure message="infra: connection: [^"]*" type="InfraError"/,
    );
  });

  it('has a row for the connection that passes when it held, and is left out when there was none', () => {
    expect(reportOf(closedRecordOf(GREEN)).connectionRow).to.include({ outcome: 'passed' });
    const refused = finding('infra', 'no route', 'phase connect');
    const events = [...through('open'), phaseStarted('connect'), phaseEnded('connect', refused)];
    expect(reportOf(closedRecordOf(events)).connectionRow).to.include({
      outcome: 'skipped',
      reason: 'there was none: phase connect failed',
    });
  });

  it('names everything that could not be undone, also when one reason kept all of it', () => {
    const lost = finding('infra', 'ssh root@node.example: lost for 60 s', 'connection');
    const report = reportOf(
      closedRecordOf([
        ...through('kubevirt'),
        { type: 'ending', at: at(25), finding: lost },
        phaseStarted('undo'),
        { type: 'trouble', at: at(26), finding: { ...lost, where: 'undo KubeVirt v1.9.0' } },
        phaseEnded('undo', { ...lost, where: 'undo guest sev' }),
      ]),
    );
    expect(redRows(report)).to.deep.equal(['connection']);
    expect(report.notUndone).to.deep.equal(['guest sev', 'KubeVirt v1.9.0']);
    expect(closingText(report, '/a')).to.include(
      'not undone    guest sev; KubeVirt v1.9.0: the next run on this node sweeps what is left',
    );
    expect(phasesXml(report)).to.include('not undone: guest sev; KubeVirt v1.9.0');
  });

  for (const { signal, code } of [
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGTERM', code: 143 },
  ] as const) {
    it(`ends with ${code} after a real ${signal} and tells how far it came`, () => {
      const stopped = finding('interrupted', `stopped by ${signal}`);
      const report = reportOf(
        closedRecordOf([
          ...through('kubevirt'),
          PLANNED,
          phaseStarted('suites'),
          ended(PLAN[0]),
          { type: 'ending', at: at(25), finding: stopped, signal },
          phaseEnded('suites', { ...stopped, where: 'phase suites' }),
          phaseStarted('undo'),
          phaseEnded('undo'),
        ]),
      );
      expect(report.exitCode).to.equal(code);
      expect(report.verdict).to.equal(`interrupted: stopped by ${signal} in phase suites; 1 of 4 cases had passed`);
      expect(redRows(report)).to.deep.equal(['run']);
    });
  }

  it('keeps the first ending when another follows', () => {
    const report = reportOf(
      closedRecordOf([
        ...through('open'),
        { type: 'ending', at: at(5), finding: finding('interrupted', 'stopped by SIGTERM'), signal: 'SIGTERM' },
        { type: 'ending', at: at(6), finding: finding('infra', 'the connection was lost') },
      ]),
    );
    expect(report.exitCode).to.equal(143);
    expect(report.run.finding?.message).to.equal('stopped by SIGTERM');
  });

  it('blames the worst first: usage, product, interrupted, internal, infra', () => {
    const troubles = (['infra', 'internal', 'interrupted', 'product', 'usage'] as const).map((blame) => ({
      type: 'trouble' as const,
      at: at(30),
      finding: finding(blame, `${blame} trouble`),
    }));
    const { findings, exitCode } = reportOf(closedRecordOf([...GREEN, ...troubles]));
    expect(findings.map(({ blame }) => blame)).to.deep.equal(['usage', 'product', 'interrupted', 'internal', 'infra']);
    expect(exitCode).to.equal(2);
  });

  it('gives trouble that belongs to no row the row of the run', () => {
    const undone = {
      type: 'trouble',
      at: at(30),
      finding: finding('infra', 'lease not given back', 'undo lease'),
    } as const;
    const report = reportOf(closedRecordOf([...GREEN, undone]));
    expect(redRows(report)).to.deep.equal(['run']);
    expect(report.verdict).to.equal('infra: undo lease not given back');
    expect(report.exitCode).to.equal(3);
  });

  it('tells a case that infra spoilt before the trouble of undoing', () => {
    const broken = finding('infra', 'console: 401', PLAN[0]?.title);
    const undone = finding('infra', 'namespace x: not undone within 60000 ms', 'undo namespace x');
    const events = [...GREEN, ended(PLAN[0], { outcome: 'errored', finding: broken }), phaseEnded('undo', undone)];
    const report = reportOf(closedRecordOf(events));
    expect(report.verdict).to.match(/^infra: \[sig-compute\] sev guest: it runs: console: 401/);
    expect(redRows(report)).to.deep.equal(['undo']);
    const alone = reportOf(closedRecordOf([...GREEN, phaseEnded('undo', undone)]));
    expect(alone.verdict).to.equal('infra: undo namespace x: not undone within 60000 ms');
  });

  it('is never green when no case was executed', () => {
    const skipped = PLAN.slice(0, 4).map((one) =>
      ended(one, { outcome: 'skipped', reason: 'quarantined', evidence: [] }),
    );
    for (const events of [[...through('undo')], [...through('kubevirt'), PLANNED, ...skipped, ...through('undo')]]) {
      const report = reportOf(closedRecordOf(events));
      expect(report.exitCode).to.equal(2);
      expect(report.verdict).to.contain('nothing was proven');
      expect(redRows(report)).to.deep.equal(['run']);
    }
  });

  it('is not green when the proof of a demanded guest was left out', () => {
    const half = { ...PLANNED, cases: PLAN.slice(0, 3) };
    const events = [
      ...through('kubevirt'),
      DEMANDS,
      half,
      ...PLAN.slice(0, 3).map((one) => ended(one)),
      ...through('undo'),
    ];
    const report = reportOf(closedRecordOf(events));
    expect(report.exitCode).to.equal(2);
    expect(report.verdict).to.contain('no SEV-ES guest was proven');
  });

  it('counts further failures of cases in the verdict and tells each in the findings', () => {
    const fail = (index: number) =>
      ended(PLAN[index], { outcome: 'failed', finding: finding('product', 'launches plain', PLAN[index]?.title) });
    const events = [
      ...through('kubevirt'),
      DEMANDS,
      PLANNED,
      fail(0),
      fail(1),
      ended(PLAN[2]),
      ended(PLAN[3]),
      ...through('undo'),
    ];
    const report = reportOf(closedRecordOf(events));
    expect(report.verdict).to.equal(`product: ${PLAN[0]?.title}: launches plain; and 1 more failed`);
    expect(report.findings).to.have.length(2);
    expect(report.exitCode).to.equal(1);
  });

  it('lists all mistakes of a usage verdict', () => {
    const first = finding('usage', '--ssh: no node is named', 'phase settings');
    const second = finding('usage', '--kubeconfig: is missing', 'phase settings');
    const events = [
      phaseStarted('settings'),
      phaseEnded('settings', first),
      { type: 'trouble', at: at(1), finding: second } as const,
    ];
    const report = reportOf(closedRecordOf(events));
    expect(report.verdict).to.equal('usage: 2 mistakes: --ssh: no node is named; --kubeconfig: is missing');
    expect(report.exitCode).to.equal(2);
    expect(redRows(report)).to.deep.equal(['settings']);
  });

  it('says "not run" once', () => {
    const left = ended(PLAN[1], { outcome: 'not-run', reason: 'not run: the guest failed before', evidence: [] });
    const report = reportOf(closedRecordOf([...GREEN, left]));
    expect(report.cases[1]?.reason).to.equal('the guest failed before');
  });

  it('takes a later result of a case for the earlier one', () => {
    const gone = finding('infra', 'evidence vanished', PLAN[0]?.title);
    const report = reportOf(
      closedRecordOf([...GREEN, ended(PLAN[0], { outcome: 'errored', finding: gone, evidence: [EVIDENCE] })]),
    );
    expect(report.cases[0]?.outcome).to.equal('errored');
    expect(report.cases).to.have.length(4);
    expect(report.exitCode).to.equal(3);
  });

  it('keeps cases that nobody planned', () => {
    const stranger = PLAN[5];
    expect(reportOf(closedRecordOf([...GREEN, ended(stranger)])).cases.at(-1)?.title).to.equal(stranger?.title);
  });

  it('remembers what was learnt last about the node', () => {
    const later = { type: 'subject', at: at(4), subject: { kubevirt: 'v1.9.1' } } as const;
    const { subject } = reportOf(recordOf([SUBJECT, later]));
    expect(subject).to.include({ kubevirt: 'v1.9.1', node: 'root@node.example:22' });
  });
});
