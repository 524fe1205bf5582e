import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import type { CheckResult, CheckVerdict } from '../../harness/model/check.ts';
import { openPatient } from '../../reports/doctor-patient.ts';
import { doctorText } from '../../reports/doctor-text.ts';

const OPENING = {
  runId: 'r',
  startedAt: '2026-05-01T12:00:00.000Z',
  provider: 'external',
  simulated: false,
  settings: {},
};

function check(verdict: CheckVerdict, id = verdict as string): CheckResult {
  const action = verdict === 'ok' || verdict === 'note' ? {} : { action: `mend ${id}` };
  return {
    ...{ id, verdict, group: 'cluster', title: `title of ${id}`, read: `what ${id} read` },
    ...{ from: 'there', expected: 'better', why: 'because', ...action },
  };
}

function reportOf(...verdicts: readonly CheckVerdict[]) {
  const patient = openPatient(OPENING, () => {});
  for (const verdict of verdicts) patient.tell({ type: 'check', result: check(verdict) });
  return patient.finish();
}

/** What stands in the two columns of a row, read from above to below. */
function words(lines: readonly string[], word: string, columns: number) {
  const start = lines.findIndex((line) => line.startsWith(`  ${word} `));
  const next = lines.findIndex((line, at) => at > start && (/^ {2}\S/.test(line) || /^ {11}from /.test(line)));
  const rows = lines.slice(start, next === -1 ? undefined : next).map((line) => line.slice(11));
  const width = Math.min(60, Math.floor((columns - 11) / 2));
  const column = (from: number, to?: number) =>
    rows
      .map((row) => row.slice(from, to).trim())
      .filter((text) => text !== '')
      .join(' ');
  return { title: column(0, width), read: column(width + 2) };
}

const PIPE = { isTerminal: false, columns: 100 };

describe("the doctor's report", () => {
  it('is passed with warnings, notes and what could not be read, and counts them', () => {
    const report = reportOf('ok', 'note', 'warning', 'unread');
    expect(report.exitCode).to.equal(0);
    expect(report.verdict).to.equal(
      'passed: the cluster can run the lane, as far as was read; nothing was read of the host itself: no --ssh: ' +
        '1 warning, 1 could not be read, 1 note, 1 ok',
    );
  });

  it('says of what it is passed: the node, or the cluster alone where no node was named', () => {
    const patient = openPatient(OPENING, () => {});
    patient.tell({ type: 'check', result: check('ok') });
    patient.tell({ type: 'subject', subject: { kubernetes: 'v1.34.4' } });
    expect(patient.finish().verdict).to.equal(
      'passed: the cluster (Kubernetes v1.34.4) can run the lane, as far as was read; ' +
        'nothing was read of the host itself: no --ssh: 1 ok',
    );
    patient.tell({ type: 'subject', subject: { node: 'root@amd1:22' } });
    expect(patient.finish().verdict).to.equal('passed: node root@amd1:22 can run the lane, as far as was read: 1 ok');
  });

  it('is infra in the words of the first fatal check, with its action', () => {
    const report = reportOf('ok', 'fatal');
    expect(report).to.include({ exitCode: 3, verdict: 'infra: fatal: what fatal read', hint: 'mend fatal' });
  });

  it('is never passed when nothing was read', () => {
    expect(reportOf('unread')).to.include({ exitCode: 3, verdict: 'infra: no check could be read' });
    expect(reportOf().exitCode).to.equal(3);
  });

  it('ends as it was ended: by a signal, a mistake or a bug', () => {
    const patient = openPatient(OPENING, () => {});
    const finding = { blame: 'interrupted', where: 'run', message: 'stopped by SIGTERM', causes: [] } as const;
    patient.tell({ type: 'ending', finding, signal: 'SIGTERM' });
    expect(patient.finish()).to.include({ exitCode: 143, verdict: 'interrupted: stopped by SIGTERM' });
    const mistaken = openPatient(OPENING, () => {});
    mistaken.tell({ type: 'trouble', finding: { blame: 'usage', where: 'run', message: 'no such key', causes: [] } });
    expect(mistaken.finish()).to.include({ exitCode: 2, verdict: 'usage: no such key' });
  });

  it('explains below a line what is not well, and only that', () => {
    const text = doctorText(reportOf('ok', 'warning'), PIPE);
    expect(text).to.match(/^ {2}ok {7}title of ok +what ok read$/m);
    expect(text).to.match(
      /^ {2}warning {2}title of warning +what warning read\n +from +there\n +expected +better\n +matters +because\n +do +mend warning$/m,
    );
    expect(text.match(/because/g)).to.have.length(1);
  });

  it('has colour on a terminal alone, and fits its lines there', () => {
    const report = reportOf('ok', 'fatal');
    expect(doctorText(report, PIPE)).not.to.include('\u001b');
    const narrow = doctorText(report, { isTerminal: true, columns: 30 });
    expect(narrow).to.include('\u001b[32mok');
    expect(narrow).to.include('\u001b[31mFATAL');
    expect(narrow).to.match(/title of… +what ok…$/m);
  });

  it('leaves room for what was read on a terminal of any width, and wraps what has to be told whole', () => {
    const patient = openPatient(OPENING, () => {});
    const long = 'a kubelet whose certificate, of which nobody was told, has come to its end two days ago';
    const title = 'the serving certificate of the kubelet of the node under test lasts';
    for (const verdict of ['ok', 'note', 'fatal'] as const)
      patient.tell({ type: 'check', result: { ...check(verdict), title, read: long, why: long } });
    for (const columns of [60, 80, 120]) {
      const plain = stripVTControlCharacters(doctorText(patient.finish(), { isTerminal: true, columns }));
      const lines = plain.split('\n').slice(1);
      expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(columns);
      expect(lines.filter((line) => /^ {2}ok .* {2}a kubelet whose cert.*…$/.test(line))).to.have.length(1);
      // Title and text stand in columns of their own: the words of each follow each other downwards.
      expect(words(lines, 'FATAL', columns)).to.deep.equal({ title, read: long });
      expect(words(lines, 'note', columns)).to.deep.equal({ title, read: long });
      expect(plain.replace(/\s+/g, ' ')).to.include(`matters ${long} do mend fatal`);
    }
  });

  it('tells many that could not be read for one reason together, and what is to do once', () => {
    const patient = openPatient(OPENING, () => {});
    const tell = (id: string, read: string) =>
      patient.tell({ type: 'check', result: { ...check('unread', id), read, action: 'mend the line' } });
    for (const id of ['a', 'b', 'c']) tell(id, 'there is no connection');
    tell('d', 'it may not be read');
    const text = doctorText(patient.finish(), PIPE);
    expect(text).to.match(/^ {2}not read 3 checks +there is no connection\n +namely +a, b, c\n +do +mend the line$/m);
    expect(text).to.match(/^ {2}not read title of d +it may not be read\n +from/m);
    expect(text.match(/there is no connection/g)).to.have.length(1);
    expect(text).to.include('4 could not be read');
  });
});
