import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { validateXML } from 'xmllint-wasm';
import type { RunEvent } from '../../harness/model/events.ts';
import { PHASES } from '../../harness/model/result.ts';
import { casesXml, phasesXml } from '../../reports/junit.ts';
import { reportOf } from '../../reports/record.ts';
import { JUNIT_XSD } from './junit-schema.ts';
import { ciSearch, flakefinder, junitMerger, parseXml, skipCheck, spyglass, testgrid } from './readers.ts';
import {
  at,
  closedRecordOf,
  DEMANDS,
  ended,
  finding,
  GREEN,
  PLAN,
  PLANNED,
  phaseEnded,
  phaseStarted,
  recordOf,
  through,
} from './sample-run.ts';

const FAILED = finding('product', 'expected [ SEV ] to have the same members as []', PLAN[1]?.title);
/** One passed, one failed, one skipped, one that the end of the run left out. */
const MIXED: readonly RunEvent[] = [
  ...through('kubevirt'),
  DEMANDS,
  PLANNED,
  phaseStarted('suites'),
  ended(PLAN[0]),
  ended(PLAN[1], { outcome: 'failed', finding: FAILED }),
  ended(PLAN[2], { outcome: 'skipped', reason: 'SEV-ES is not demanded', evidence: [] }),
  { type: 'ending', at: at(25), finding: finding('interrupted', 'stopped by SIGTERM'), signal: 'SIGTERM' },
  phaseEnded('suites', finding('interrupted', 'stopped by SIGTERM', 'phase suites')),
  phaseStarted('undo'),
  phaseEnded('undo', finding('infra', 'lease not given back within 5000 ms', 'undo lease')),
];
const mixed = reportOf(closedRecordOf(MIXED));
const green = reportOf(closedRecordOf(GREEN));
const titles = (indices: readonly number[]) => indices.map((index) => PLAN[index]?.title ?? '');

describe('junit.functest.xml', () => {
  it('has a bare testsuite for its root, or flakefinder and the junit-merger would see nothing', () => {
    const root = parseXml(casesXml(mixed));
    expect(root.name).to.equal('testsuite');
    expect(junitMerger(root)).to.equal(4);
    expect(flakefinder(root)).to.deep.equal(titles([1]));
  });

  it('shows passed, failed and skipped cases in Spyglass', () => {
    expect(spyglass(parseXml(casesXml(mixed)))).to.deep.equal({
      passed: titles([0]),
      failed: titles([1]),
      skipped: titles([2, 3]),
    });
  });

  it('gives TestGrid a message for a failure and a skip, and none for a pass', () => {
    const rows = testgrid(parseXml(casesXml(mixed)));
    const row = (index: number) => rows[`sevlane.${PLAN[index]?.title}`];
    expect(row(0)).to.deep.equal({ result: 'PASS', message: '' });
    expect(row(1)?.result).to.equal('FAIL');
    expect(row(1)?.message).to.match(/^expected \[ SEV \] to have the same members/);
    expect(row(2)).to.deep.equal({ result: 'PASS_WITH_SKIPS', message: 'SEV-ES is not demanded' });
    expect(row(3)).to.deep.equal({ result: 'PASS_WITH_SKIPS', message: 'not run: stopped by SIGTERM' });
  });

  it('lets search.ci index the failure and nothing else', () => {
    expect(ciSearch(parseXml(casesXml(mixed)))).to.equal(1);
    expect(ciSearch(parseXml(casesXml(green)))).to.equal(0);
  });

  it('puts one case on a line, so that KubeVirt can count lines', () => {
    expect(skipCheck(casesXml(mixed))).to.deep.equal({ executed: 4, skipped: 2 });
    const lines = casesXml(mixed)
      .split('\n')
      .filter((line) => line.includes('<testcase'));
    for (const line of lines) expect(line).to.match(/^ {2}<testcase [^\n]*(<\/testcase>|\/>)$/);
  });

  it('names the evidence of a failure only, and never writes error or system-err', () => {
    const xml = casesXml(mixed);
    expect(xml.match(/<system-out>/g)).to.have.length(1);
    expect(xml).to.contain('evidence: evidence/sev/dmesg.txt (features the guest kernel switched on)');
    expect(xml).not.to.match(/<error|<system-err|errors="[^0]/);
  });

  it('tells in the body of a failure what its message does not: causes, what to do, where', () => {
    const failure = parseXml(casesXml(mixed))
      .children.flatMap(({ children }) => children)
      .find(({ name }) => name === 'failure');
    expect(failure?.attributes.type).to.equal('ProductFailure');
    expect(failure?.text.split('\n')).to.deep.equal([
      'because: the cause below',
      'what to do: do something about product',
      `noticed in: ${PLAN[1]?.title}`,
    ]);
  });

  it('is there and empty when nothing was planned', () => {
    const root = parseXml(casesXml(reportOf(closedRecordOf([phaseStarted('settings')]))));
    expect(root.attributes).to.include({ tests: '0', failures: '0' });
  });

  it('keeps control characters, escape sequences and lone surrogates out, and every > escaped', () => {
    const nasty = 'got \u001b[31mred\u001b[0m \u0000\u0007 \ud800 ]]> <b> & "q"\r\nsecond line \uffff';
    const dirty = ended(PLAN[0], { outcome: 'failed', finding: { ...FAILED, message: nasty, causes: [nasty] } });
    const xml = casesXml(reportOf(closedRecordOf([...through('kubevirt'), PLANNED, dirty])));
    const failure = parseXml(xml)
      .children.flatMap(({ children }) => children)
      .find(({ name }) => name === 'failure');
    expect(failure?.attributes.message).to.equal('got red  \ufffd ]]> <b> & "q"; second line');
    expect(failure?.text).to.contain('because: got red  \ufffd ]]> <b> & "q"\nsecond line');
    expect(xml).not.to.match(/CDATA|\]\]>/);
    expect(xml).not.to.contain('\u001b');
  });

  it('stays well-formed and complete whatever a message holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 40 }), (message, reason) => {
        const events = [
          ...through('kubevirt'),
          PLANNED,
          ended(PLAN[0], { outcome: 'failed', finding: { ...FAILED, message, causes: [message] } }),
          ended(PLAN[1], { outcome: 'skipped', reason, evidence: [] }),
          ended(PLAN[2]),
        ];
        const xml = casesXml(reportOf(closedRecordOf(events)));
        const { passed, failed, skipped } = spyglass(parseXml(xml));
        expect([passed.length, failed.length, skipped.length]).to.deep.equal([1, 1, 2]);
        expect(skipCheck(xml).executed).to.equal(4);
      }),
      { numRuns: 200 },
    );
  });
});

describe('junit.sevlane.xml', () => {
  it('has the same rows in every run, and in TestGrid under the same names', () => {
    const rows = (report: typeof green) => Object.keys(testgrid(parseXml(phasesXml(report))));
    const expected = [...PHASES, 'connection', 'run'].map((name) => `sevlane phases.${name}`);
    for (let count = 0; count <= MIXED.length; count += 1) {
      expect(rows(reportOf(recordOf(MIXED.slice(0, count))))).to.deep.equal(expected);
    }
    expect(rows(green)).to.deep.equal(expected);
  });

  it('is green from end to end when the run is', () => {
    expect(spyglass(parseXml(phasesXml(green)))).to.deep.equal({
      passed: [...PHASES, 'connection', 'run'],
      failed: [],
      skipped: [],
    });
  });

  it('has exactly one red row when the run ends early, and tells the trouble of undoing inside it', () => {
    const root = parseXml(phasesXml(mixed));
    const { failed, skipped } = spyglass(root);
    expect(failed).to.deep.equal(['run']);
    expect(skipped).to.deep.equal(['suites', 'undo']);
    const failure = root.children.flatMap(({ children }) => children).find(({ name }) => name === 'failure');
    expect(failure?.attributes).to.deep.equal({ message: 'interrupted: stopped by SIGTERM', type: 'Interrupted' });
    expect(failure?.text).to.contain('also infra: undo lease not given back within 5000 ms');
  });

  it('has the verdict for the message of the red row', () => {
    const refused = finding('infra', 'ssh: the host key is not the known one', 'phase connect');
    const report = reportOf(
      closedRecordOf([...through('open'), phaseStarted('connect'), phaseEnded('connect', refused)]),
    );
    const failure = parseXml(phasesXml(report))
      .children.flatMap(({ children }) => children)
      .find(({ name }) => name === 'failure');
    expect(failure?.attributes).to.deep.equal({ message: report.verdict, type: 'InfraError' });
  });

  it('gives our own bugs a stack', () => {
    const bug = { ...finding('internal', 'x is undefined'), stack: 'TypeError: x is undefined\n    at lane' };
    const report = reportOf(closedRecordOf([...through('open'), { type: 'ending', at: at(9), finding: bug }]));
    const xml = phasesXml(report);
    expect(xml).to.contain('message="sevlane bug: x is undefined" type="InternalError"');
    expect(xml).to.contain('TypeError: x is undefined&#10;    at lane');
  });
});

describe('both JUnit files', () => {
  it('keep to the schema at every moment of a run', async () => {
    const moments = [...MIXED.map((_, count) => reportOf(recordOf(MIXED.slice(0, count)))), mixed, green];
    const xml = moments.flatMap((report, moment) => [
      { fileName: `cases-${moment}.xml`, contents: casesXml(report) },
      { fileName: `phases-${moment}.xml`, contents: phasesXml(report) },
    ]);
    const { errors, valid } = await validateXML({ xml, schema: [{ fileName: 'junit.xsd', contents: JUNIT_XSD }] });
    expect(errors.map(({ rawMessage }) => rawMessage)).to.deep.equal([]);
    expect(valid).to.equal(true);
  });

  it('would be caught by the schema when they had an error element', async () => {
    const broken = casesXml(mixed)
      .replace(/<failure/, '<error')
      .replace('</failure>', '</error>');
    const xml = [{ fileName: 'broken.xml', contents: broken }];
    const { valid } = await validateXML({ xml, schema: [{ fileName: 'junit.xsd', contents: JUNIT_XSD }] });
    expect(valid).to.equal(false);
  });
});
