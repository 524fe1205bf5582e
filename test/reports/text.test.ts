import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { RunEvent } from '../../harness/model/events.ts';
import { reportOf } from '../../reports/record.ts';
import { closingText, countLine } from '../../reports/text.ts';
import {
  closedRecordOf,
  DEMANDS,
  EVENTS,
  ended,
  finding,
  GREEN,
  PLAN,
  PLANNED,
  phaseEnded,
  phaseStarted,
  through,
} from './sample-run.ts';

const linesOf = (events: Parameters<typeof closedRecordOf>[0], simulated = false) =>
  closingText(reportOf(closedRecordOf(events, simulated)), '/a/run')
    .trimEnd()
    .split('\n');

describe('closing paragraph', () => {
  it('tells a stranger what was proven, what was not demanded and why, and where the report is', () => {
    expect(linesOf(GREEN)).to.deep.equal([
      'passed: SEV and SEV-ES guests on KubeVirt v1.9.0, node root@node.example:22',
      '  ran on        root@node.example:22, Kubernetes v1.32.3, KubeVirt v1.9.0',
      '  proven        SEV: 2 cases passed, 2 pieces of evidence',
      '  proven        SEV-ES: 2 cases passed, 2 pieces of evidence',
      '  not demanded  SEV-SNP: the host cannot: /sys/module/kvm_amd/parameters/sev_snp=N',
      '  report        /a/run: report.json, junit.functest.xml, junit.sevlane.xml',
      '4 passed, 0 failed, 0 skipped',
    ]);
  });

  it('says when the client alone keeps a run out that has lost its lease', () => {
    const told = (by: 'client' | 'client and server'): RunEvent => ({
      type: 'subject',
      at: '2026-11-24T11:00:00.000Z',
      subject: { fencing: { by, why: 'the server is of 2019' } },
    });
    expect(linesOf([...GREEN, told('client')])).to.include(
      '  fencing       client-side fencing: the server is of 2019',
    );
    expect(linesOf([...GREEN, told('client and server')]).join()).not.to.contain('fencing');
  });

  it('never lets a simulated run pass for a real one, also when it is red', () => {
    expect(linesOf(GREEN, true)[1]).to.contain('  ran on        a host that toy simulates, ');
    expect(linesOf([phaseStarted('settings')], true)).to.include('  ran on        a host that toy simulates');
  });

  it("names the doctor's warnings, a few of them, and what could not be read, and nothing of what was well", () => {
    const check = (id: string, verdict: 'ok' | 'warning' | 'unread'): RunEvent => {
      const words = {
        title: id,
        read: `read ${id}`,
        from: 'there',
        expected: 'better',
        why: 'because',
        action: 'mend',
      };
      return { type: 'check', at: '2026-11-24T11:00:00.000Z', result: { id, group: 'cluster', verdict, ...words } };
    };
    const warnings = ['a', 'b', 'c', 'd', 'e'].map((id) => check(id, 'warning'));
    const [, ...lines] = linesOf([...GREEN, check('fine', 'ok'), check('dark', 'unread'), ...warnings]);
    expect(lines).to.include('  warning       a: read a');
    expect(lines).to.include('  warning       and 1 more: see sevlane doctor, or junit.doctor.xml');
    expect(lines).to.include('  not read      dark');
    expect(lines.join()).not.to.contain('fine');
    const many = Array.from({ length: 60 }, (_, nth) => check(`dark-${nth}`, 'unread'));
    expect(linesOf([...GREEN, ...many])).to.include('  not read      60 checks: see junit.doctor.xml');
    expect(lines.at(-1)).to.equal('4 passed, 0 failed, 0 skipped');
  });

  it('tells of cuts that the run lived through, and nothing of a connection that held', () => {
    const [cut] = EVENTS.filter(({ type }) => type === 'connection');
    if (cut?.type !== 'connection') throw new Error('the sample run has a connection');
    const held = { ...cut, record: { ...cut.record, cuts: 0, downMs: 0 } };
    expect(linesOf([...GREEN, held])).to.deep.equal(linesOf(GREEN));
    expect(linesOf([...GREEN, cut])[2]).to.equal('  connection    1 cut, 900 ms without it, round trip 1 ms');
  });

  it('marks each failure once with what Prow highlights, and says what to do', () => {
    const failed = finding('product', 'expected SEV\nsaw none', PLAN[1]?.title);
    const lines = linesOf([
      ...through('kubevirt'),
      DEMANDS,
      PLANNED,
      ended(PLAN[0]),
      ended(PLAN[1], { outcome: 'failed', finding: failed }),
      ended(PLAN[2]),
      ended(PLAN[3]),
      ...through('undo'),
    ]);
    expect(lines[0]).to.match(/^product: /);
    expect(lines).to.include(`  [FAILED] ${PLAN[1]?.title}: expected SEV; saw none (because: the cause below)`);
    expect(lines).to.include('                see evidence/sev/dmesg.txt');
    expect(lines).to.include('  what to do    do something about product');
    expect(lines).to.include('  not proven    SEV: 1 of 2 cases passed, 1 piece of evidence');
    expect(lines.join('\n').match(/\[FAILED\]/g)).to.have.length(1);
    expect(lines.join('\n')).not.to.contain('error:');
    expect(lines.at(-1)).to.equal('3 passed, 1 failed, 0 skipped');
  });

  it('calls a kind of guest proven by its proof, and partly so when another of its cases failed', () => {
    const other = finding('product', 'no overhead', PLAN[0]?.title);
    const lines = linesOf([...GREEN, ended(PLAN[0], { outcome: 'failed', finding: other })]);
    expect(lines).to.include('  partly        SEV: 1 of 2 cases passed, 1 piece of evidence');
    expect(lines).to.include('  proven        SEV-ES: 2 cases passed, 2 pieces of evidence');
  });

  it('marks infra trouble once as an error, counts the cases that it left out and is never "0 failed"', () => {
    const refused = finding('infra', 'ssh: the host key is not the known one', 'phase connect');
    const lines = linesOf([...through('open'), PLANNED, phaseStarted('connect'), phaseEnded('connect', refused)]);
    expect(lines[0]).to.equal('infra: connect: ssh: the host key is not the known one');
    expect(lines).to.include('  error: connect: ssh: the host key is not the known one (because: the cause below)');
    expect(lines).to.include('  left out      4 cases, not run: phase connect failed');
    expect(lines.at(-1)).to.equal('0 passed, 1 failed, 4 skipped');
  });

  it('gives every mistake of a usage verdict its own fix', () => {
    const mistake = (place: string, hint: string) => ({
      ...finding('usage', `${place}: is wrong`, 'phase settings'),
      causes: [],
      hint,
    });
    const lines = linesOf([
      phaseStarted('settings'),
      phaseEnded('settings', mistake('--a', 'fix a')),
      { type: 'trouble', at: '2026-03-04T05:06:08.000Z', finding: mistake('--b', 'fix b') },
    ]);
    expect(lines.slice(1, -2)).to.deep.equal(['  error: --a: is wrong: fix a', '  error: --b: is wrong: fix b']);
  });

  it('says what to do about a case whose broken expectation cannot say it', () => {
    const { hint: _, ...bare } = finding('product', 'expected SEV', PLAN[0]?.title);
    const lines = linesOf([...through('kubevirt'), PLANNED, ended(PLAN[0], { outcome: 'failed', finding: bare })]);
    expect(lines.find((line) => line.startsWith('  what to do'))).to.match(/read the evidence .*--focus/);
  });

  it('keeps terminal control out, whatever a message holds', () => {
    const dirty = finding('product', 'saw \u001b]0;title\u0007\u001b[2Jnothing', PLAN[0]?.title);
    const text = linesOf([...through('kubevirt'), PLANNED, ended(PLAN[0], { outcome: 'failed', finding: dirty })]).join(
      '\n',
    );
    expect(text).to.contain('saw nothing');
    expect(text).not.to.contain('\u001b');
  });

  it('counts in words that CI readers look for', () => {
    expect(countLine(reportOf(closedRecordOf(GREEN)))).to.match(/^\d+ passed, \d+ failed, \d+ skipped$/);
  });
});
