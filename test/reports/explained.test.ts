import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { RunEvent } from '../../harness/model/events.ts';
import { casesXml, phasesXml } from '../../reports/junit.ts';
import { reportOf } from '../../reports/record.ts';
import { closingText } from '../../reports/text.ts';
import {
  at,
  closedRecordOf,
  ended,
  finding,
  GREEN,
  PLAN,
  PLANNED,
  phaseEnded,
  phaseStarted,
  through,
} from './sample-run.ts';

const REFUSED = "guest sev: not Running: qemu-kvm: LAUNCH_START ret=-5 fw_error=21 'Feature not supported'";
const collected = (where: string): RunEvent => ({
  type: 'known-causes',
  at: at(31),
  where,
  causes: [
    { id: 'dev-sev-busy', cause: 'busy', action: 'wait', source: 'x', line: 'EBUSY', from: 'bundles/a/qemu.log' },
    { id: 'sev-es-refused-on-snp-host', cause: 'b', action: 'b', source: 'b', line: 'b', from: 'bundles/a/qemu.log' },
  ],
});

describe('the known causes in a report', () => {
  const failed = ended(PLAN[0], { outcome: 'failed', finding: finding('product', REFUSED, 'case one') });
  const events = [...through('kubevirt'), PLANNED, phaseStarted('suites'), failed];

  it('stand in every place where the finding stands, and in its row of JUnit', () => {
    const report = reportOf(closedRecordOf(events));
    for (const one of [report.findings[0], report.cases[0]?.finding]) {
      expect(one?.knownCauses?.map(({ id, from }) => [id, from])).to.deep.equal([
        ['sev-es-refused-on-snp-host', 'message'],
      ]);
    }
    expect(casesXml(report)).to.match(/known cause: SEV firmware of API 1\.58 .*: prove SEV-ES .*kubevirt#17118/);
  });

  it('take one line of the closing paragraph, below what to do', () => {
    const lines = closingText(reportOf(closedRecordOf([...events, collected('case one')])), '/a').split('\n');
    const known = lines.filter((line) => line.includes('known cause'));
    expect(known).to.have.length(1);
    expect(known[0]).to.match(/^ {2}known cause {3}SEV firmware.*; report\.json knows 1 other cause too$/);
    expect(lines.findIndex((line) => line.includes('known cause'))).to.equal(
      lines.findIndex((line) => line.includes('what to do')) + 1,
    );
  });

  it('take in what was collected about the same place, each once, the own words first', () => {
    const report = reportOf(closedRecordOf([...events, collected('case one')]));
    expect(report.findings[0]?.knownCauses?.map(({ id, from }) => [id, from])).to.deep.equal([
      ['sev-es-refused-on-snp-host', 'message'],
      ['dev-sev-busy', 'bundles/a/qemu.log'],
    ]);
    expect(reportOf(closedRecordOf([...events, collected('case two')])).findings[0]?.knownCauses).to.have.length(1);
  });

  it('change nothing else: verdict, hint, blame, exit code and rows stay as they are', () => {
    const without = (report: object) =>
      JSON.parse(JSON.stringify(report, (key, value) => (key === 'knownCauses' ? undefined : value)));
    const bare = [...through('kubevirt'), PLANNED, phaseStarted('suites')];
    const plain = ended(PLAN[0], {
      outcome: 'failed',
      finding: finding('product', 'guest sev: not Running', 'case one'),
    });
    const known = without(reportOf(closedRecordOf([...bare, plain, collected('case one')])));
    expect(known).to.deep.equal(without(reportOf(closedRecordOf([...bare, plain]))));
    const green = reportOf(closedRecordOf([...GREEN, collected('case one')]));
    expect(without(green)).to.deep.equal(without(reportOf(closedRecordOf(GREEN))));
    expect(green.exitCode).to.equal(0);
  });

  it('are not looked for in mistakes of the settings, nor when a person stopped the run', () => {
    for (const blame of ['usage', 'interrupted'] as const) {
      const told = phaseEnded('open', finding(blame, 'connect ECONNREFUSED 10.0.0.1:22', 'phase open'));
      const report = reportOf(closedRecordOf([...through('settings'), phaseStarted('open'), told]));
      expect(report.findings[0]?.knownCauses, blame).to.equal(undefined);
    }
    const infra = phaseEnded('open', finding('infra', 'connect ECONNREFUSED 10.0.0.1:22', 'phase open'));
    const report = reportOf(closedRecordOf([...through('settings'), phaseStarted('open'), infra]));
    expect(phasesXml(report)).to.include('known cause: the host answers, but nobody listens');
  });
});
