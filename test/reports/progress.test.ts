import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { RunEvent } from '../../harness/model/events.ts';
import { progressLine } from '../../reports/progress/lines.ts';
import { openProgress } from '../../reports/progress/progress.ts';
import { NOTHING, nowAfter, viewOf } from '../../reports/progress/view.ts';
import { reportOf } from '../../reports/record.ts';
import { closingText } from '../../reports/text.ts';
import { skipBecause } from '../programs.ts';
import { at, closedRecordOf, EVENTS, ended, finding, PLAN, PLANNED, phaseEnded, phaseStarted } from './sample-run.ts';

/** What KubeVirt's Prow marks in a build log, as its configuration has it. */
const HIGHLIGHTED = new RegExp(
  [
    '^E\\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d+',
    '(Error|ERROR|error)s?:',
    '(FAIL|Failure \\[)\\b',
    '(timed out|TIMEOUT)',
    'panic\\b',
    '\\[FAILED\\]',
    'fatal: ',
    '/logs/artifacts/k8s-reporter/.*\\*',
    ' undefined: ',
  ].join('|'),
);
const BUILDLOG = join(import.meta.dirname, '../../../../shared/vectors/prow/spyglass/buildlog-answers.json');

function listener(isTTY: boolean) {
  let written = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 60, rows: 24 }), written: () => written };
}

function tellAll(isTTY: boolean, detail: 'quiet' | 'normal' | 'verbose', events: readonly RunEvent[] = EVENTS): string {
  const { stream, written } = listener(isTTY);
  const progress = openProgress(stream, detail);
  for (const event of events) progress.tell(event);
  progress.close();
  return written();
}

describe('highlighting of a build log', () => {
  it("is what the recorded lens of KubeVirt's Prow did, line by line", async function () {
    const text = await readFile(BUILDLOG, 'utf8').catch(() => undefined);
    if (text === undefined) return skipBecause(this, 'the recordings beside this project are not there');
    const { lines } = JSON.parse(text) as {
      readonly lines: readonly {
        readonly line?: string;
        readonly answers: Record<string, { readonly highlighted: boolean }>;
      }[];
    };
    // Lines of more than 10000 characters are left alone.
    for (const { line, answers } of lines.filter((one) => (one.line?.length ?? Number.MAX_VALUE) <= 10_000)) {
      expect(HIGHLIGHTED.test(line ?? ''), line).to.equal(answers.kubevirt?.highlighted);
    }
    expect(lines.length).to.be.greaterThan(50);
  });

  it('marks every failed case and every other trouble once in the closing paragraph', () => {
    const failed = ended(PLAN[0], { outcome: 'failed', finding: finding('product', 'launches plain', PLAN[0]?.title) });
    const trouble = {
      type: 'trouble',
      at: at(30),
      finding: finding('infra', 'lease not given back', 'undo lease'),
    } as const;
    const text = closingText(reportOf(closedRecordOf([PLANNED, failed, trouble])), '/a');
    expect(text.split('\n').filter((line) => HIGHLIGHTED.test(line))).to.have.length(2);
  });
});

describe('progress without a terminal', () => {
  it('is one line with the time for each thing that happens', () => {
    const lines = tellAll(false, 'normal').trimEnd().split('\n');
    for (const line of lines) expect(line).to.match(/^\d\d:\d\d:\d\dZ \S/);
    expect(lines).to.include('05:06:37Z [sig-compute] sev guest: it runs: done in 1.2 s');
    expect(lines).to.include('05:06:38Z waiting for virt-operator ready: 3/5 pods (5.0 s of at most 1 m)');
    expect(lines).to.include('05:06:38Z lease taken (seconds=3)');
  });

  it('says of a case that did not run why, and no time', () => {
    const left = ended(PLAN[0], { outcome: 'not-run', reason: 'not run: the guest failed before' });
    expect(progressLine(left, 'normal')).to.equal(`${PLAN[0]?.title}: not run, the guest failed before`);
    const skipped = ended(PLAN[0], { outcome: 'skipped', reason: 'not demanded' });
    expect(progressLine(skipped, 'normal')).to.equal(`${PLAN[0]?.title}: skipped, not demanded`);
  });

  it('does not name each check that the run did not come to', () => {
    const names = { id: 'host-kvm', group: 'host', title: 'KVM is loaded', expected: 'svm', why: 'guests' } as const;
    const check = (read: string) => {
      const result = { ...names, verdict: 'unread', read, from: 'the node', action: 'mend it' } as const;
      return { type: 'check', at: at(1), result } as const;
    };
    expect(progressLine(check('the run did not come to it'), 'normal')).to.equal(undefined);
    expect(progressLine(check('the run did not come to it'), 'verbose')).to.include('did not come to it; mend it');
    expect(progressLine(check('it is absent'), 'normal')).to.include('could not be read: it is absent; mend it');
  });

  it('names what could not be undone once', () => {
    const undone = finding('infra', 'namespace x: not undone within 5.0 s', 'undo namespace x');
    const line = progressLine({ type: 'trouble', at: at(1), finding: undone }, 'normal');
    expect(line).to.equal('undo namespace x: not undone within 5.0 s');
  });

  it('tells demands and plan again only when they have changed', () => {
    const later = { ...PLANNED, at: at(9) } as RunEvent;
    const count = (events: readonly RunEvent[]) => tellAll(false, 'normal', events).match(/planned: /g)?.length;
    expect(count([PLANNED, later, later])).to.equal(1);
    expect(count([PLANNED, { ...later, cases: PLAN.slice(0, 1) } as RunEvent])).to.equal(2);
  });

  it('tells what a wait sees now and then, not each time that it changes, unless every detail is wanted', () => {
    const wait = (second: string, goal: string, saw: string): RunEvent => ({
      ...{ type: 'waiting', at: `2026-11-24T12:00:${second}Z`, forMs: 1, withinMs: 60_000 },
      ...{ goal, saw },
    });
    const events = [
      wait('00.000', 'KubeVirt ready', 'virt-api 0/1'),
      wait('00.300', 'KubeVirt ready', 'virt-api 1/1'),
      wait('00.400', 'a shell', 'nothing'),
      wait('02.500', 'KubeVirt ready', 'virt-handler 0/1'),
    ];
    const saw = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => /: (.*) \(/.exec(line)?.[1]);
    expect(saw(tellAll(false, 'normal', events))).to.deep.equal(['virt-api 0/1', 'nothing', 'virt-handler 0/1']);
    expect(saw(tellAll(false, 'verbose', events))).to.have.length(4);
  });

  it('says nothing when quiet and more when verbose', () => {
    expect(tellAll(false, 'quiet')).to.equal('');
    const detail = { type: 'log', at: at(1), level: 'detail', message: 'GET /api', facts: {} } as const;
    expect(progressLine(detail, 'normal')).to.equal(undefined);
    expect(progressLine(detail, 'verbose')).to.equal('GET /api');
    expect(tellAll(false, 'verbose').length).to.be.greaterThan(tellAll(false, 'normal').length);
  });

  it('writes nothing that Prow would mark: failures stand once, in the closing paragraph', () => {
    const failed = ended(PLAN[0], { outcome: 'failed', finding: finding('product', 'launches plain') });
    for (const event of [...EVENTS, failed, phaseEnded('connect', finding('infra', 'no route'))]) {
      expect(progressLine(event, 'verbose') ?? '').not.to.match(HIGHLIGHTED);
    }
  });

  it('keeps every event in one line without terminal control', () => {
    const nasty = 'a\n\u001b[31mb\r\nc';
    const events: readonly RunEvent[] = [
      { type: 'log', at: at(1), level: 'info', message: nasty, facts: { x: nasty } },
      { type: 'waiting', at: at(1), goal: nasty, saw: nasty, forMs: 0, withinMs: 1 },
      phaseEnded('connect', finding('infra', nasty)),
    ];
    for (const event of events) expect(progressLine(event, 'normal')).to.match(/^\P{Cc}+$/u);
  });
});

describe('progress on a terminal', () => {
  it('shows the phase, the case and what is waited for, with the time spent', () => {
    const waiting = {
      type: 'waiting',
      at: at(25),
      goal: 'shell',
      saw: 'firmware',
      forMs: 0,
      withinMs: 360_000,
    } as const;
    const events = [
      PLANNED,
      phaseStarted('suites'),
      ended(PLAN[0]),
      { type: 'case-started', at: at(20), title: 'boots' } as const,
      waiting,
    ];
    const now = events.reduce(nowAfter, NOTHING);
    expect(viewOf(now, Date.parse(at(32)), 80)).to.deep.equal([
      '> suites for 25 s, 1 of 4 cases ended',
      '  boots (12 s)',
      '  waiting for shell, at most 6 m: firmware',
    ]);
    expect(viewOf(nowAfter(now, phaseEnded('suites')), 0, 80)).to.deep.equal([]);
  });

  it('cuts its lines to the width, so that none wraps', () => {
    const now = nowAfter(NOTHING, {
      type: 'waiting',
      at: at(1),
      goal: 'x'.repeat(200),
      saw: '',
      forMs: 0,
      withinMs: 1,
    });
    for (const line of viewOf(now, 0, 40)) expect(line.length).to.be.lessThan(40);
  });

  it('shows on a narrow terminal which case it is, and for how long', () => {
    const title = '[sig-compute] AMD memory encryption SEV guest: its kernel names exactly the features asked for';
    const now = nowAfter(NOTHING, { type: 'case-started', at: at(20), title });
    expect(viewOf(now, Date.parse(at(32)), 60)).to.deep.equal([
      '  [sig-compute] AMD … exactly the features asked for (12 s)',
    ]);
    for (const columns of [0, 1, 2, 3, 9])
      expect(viewOf(now, 0, columns)[0]?.length).to.be.lessThan(Math.max(4, columns));
  });

  it('keeps what has ended as lines of its own and clears the rest at the end', () => {
    const written = tellAll(true, 'normal');
    expect(written).to.contain('05:06:37Z [sig-compute] sev guest: it runs: done in 1.2 s\n');
    expect(written).to.contain('> suites for ');
    expect(written).not.to.contain('Z connect: begun');
  });
});
