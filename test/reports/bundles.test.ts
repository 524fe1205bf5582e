import { expect } from 'chai';
import { describe, it } from 'mocha';
import { casesXml, phasesXml } from '../../reports/junit.ts';
import { reportOf } from '../../reports/record.ts';
import {
  at,
  bundleOf,
  closedRecordOf,
  DEMANDS,
  ended,
  finding,
  PLAN,
  PLANNED,
  phaseEnded,
  phaseStarted,
  through,
} from './sample-run.ts';

const CASE = PLAN[1];
const BROKEN = finding('product', 'it crashed', CASE?.title);

describe('bundles in reports', () => {
  it('stand in the row of the failed case, and its output names the page to begin with', () => {
    const events = [bundleOf('case', CASE?.title), ended(CASE, { outcome: 'failed', finding: BROKEN })];
    const report = reportOf(closedRecordOf([...through('kubevirt'), DEMANDS, PLANNED, ...events]));
    expect(report.cases.find(({ title }) => title === CASE?.title)?.bundle).to.equal('bundles/case-x');
    expect(casesXml(report)).to.include('bundle: bundles/case-x/index.md (what was around the failure)');
  });

  it('stand in no row that is green', () => {
    const report = reportOf(closedRecordOf([DEMANDS, PLANNED, bundleOf('case', CASE?.title), ended(CASE)]));
    expect(report.cases.map(({ bundle }) => bundle)).to.deep.equal(report.cases.map(() => undefined));
  });

  it('stand in the row of the failed phase', () => {
    const late = finding('infra', 'not done within 15 m', 'phase kubevirt');
    const failed = [...through('lease'), phaseStarted('kubevirt'), phaseEnded('kubevirt', late)];
    const report = reportOf(closedRecordOf([...failed, bundleOf('phase', 'kubevirt')]));
    expect(report.phases.flatMap(({ name, bundle }) => (bundle ? [name] : []))).to.deep.equal(['kubevirt']);
    expect(report.run.bundle).to.equal(undefined);
    expect(phasesXml(report)).to.include('bundle: bundles/phase-x/index.md');
  });

  it('stand in the row of what cut the phase short, when that is another', () => {
    const lost = finding('infra', 'nothing heard for 60 s', 'connection');
    const cut = [
      ...through('kubevirt'),
      phaseStarted('suites'),
      { type: 'ending', at: at(25), finding: lost } as const,
      phaseEnded('suites', lost),
    ];
    const report = reportOf(closedRecordOf([...cut, bundleOf('phase', 'suites')]));
    expect(report.connectionRow.bundle).to.equal('bundles/phase-x');
    expect(report.phases.find(({ name }) => name === 'suites')?.bundle).to.equal(undefined);
    expect(phasesXml(report)).to.include('bundle: bundles/phase-x/index.md');
  });
});
