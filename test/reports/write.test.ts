import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError, Interrupted, UsageError } from '../../harness/errors/errors.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import type { Evidence } from '../../harness/model/evidence.ts';
import { type Alarms, guarded } from '../../reports/guard.ts';
import { reportOf } from '../../reports/record.ts';
import { openReporter } from '../../reports/reporter.ts';
import { reportSchema } from '../../reports/schema.ts';
import { openReportFiles } from '../../reports/write.ts';
import { skipBecause } from '../programs.ts';
import { parseXml, spyglass } from './readers.ts';
import { at, closedRecordOf, ended, GREEN, PLAN, recordOf } from './sample-run.ts';

const NAMES = ['junit.functest.xml', 'junit.sevlane.xml', 'metadata.json', 'report.json'];

/** The events of the green sample, each case with this evidence. */
function greenWith(evidence: readonly Evidence[]): readonly RunEvent[] {
  return GREEN.map((event) =>
    event.type === 'case-ended' ? { ...event, result: { ...event.result, evidence } } : event,
  );
}

describe('files of the report', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const opening = { runId: 'r1', startedAt: at(0), provider: 'external', simulated: false, settings: {} };
  const readJson = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const readReport = async () => reportSchema.parse(await readJson('report.json'));

  async function evidenceFile(text: string): Promise<Evidence> {
    await mkdir(join(folder, 'evidence'), { recursive: true });
    await writeFile(join(folder, 'evidence/dmesg.txt'), text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    return { file: 'evidence/dmesg.txt', mediaType: 'text/plain', proves: 'it', sizeBytes: text.length, sha256 };
  }

  /** Runs the green sample to its end, every passed case with this evidence. */
  async function finish(evidence: readonly Evidence[], before: () => Promise<unknown> = async () => undefined) {
    const heard: RunEvent[] = [];
    const files = await openReportFiles(folder);
    const reporter = await openReporter({ opening, files, listeners: [(event) => void heard.push(event)] });
    for (const event of greenWith(evidence)) reporter.sink(event);
    await files.flush();
    await before();
    return { report: await reporter.finish(), heard, reporter };
  }

  it('leave no half-written file where one cannot be put in its place', async () => {
    const inTheWay = join(folder, 'report.json');
    const { report } = await finish([], () => rm(inTheWay).then(() => mkdir(inTheWay)));
    expect(report.exitCode).to.equal(3);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).to.deep.equal([]);
    const phases = await readFile(join(folder, 'junit.sevlane.xml'), 'utf8');
    expect(phases).to.contain('the report could not be written');
  });

  it('are refused at once where no folder can be made, and made with all folders above elsewhere', async function () {
    if (process.platform !== 'linux') skipBecause(this, 'only Linux has it');
    const refused = await openReportFiles('/proc/sevlane/a').catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(UsageError);
    expect(String(refused)).to.contain('/proc/sevlane/a cannot be written to: ENOENT');
    await openReportFiles(join(folder, 'a/b/c'));
    expect(await readdir(join(folder, 'a/b/c'))).to.deep.equal(['metadata.json']);
  });

  it('are all there, parse, and leave nothing else behind', async () => {
    const { report } = await finish([]);
    expect((await readdir(folder)).sort()).to.deep.equal(NAMES);
    expect((await readReport()).verdict).to.equal(report.verdict);
    for (const name of NAMES.slice(0, 2)) parseXml(await readFile(join(folder, name), 'utf8'));
  });

  it('stand complete and red on disk as soon as the report is opened, so that a kill leaves them', async () => {
    const files = await openReportFiles(folder);
    await openReporter({ opening, files, listeners: [] });
    await files.flush();
    const report = await readReport();
    expect(report.exitCode).to.equal(3);
    expect(report.verdict).to.match(/^infra: the run has not ended/);
    expect(spyglass(parseXml(await readFile(join(folder, 'junit.sevlane.xml'), 'utf8'))).failed).to.deep.equal(['run']);
  });

  it('hold the newest of many reports that wait, and every one that was written whole', async () => {
    const files = await openReportFiles(folder);
    for (let count = 0; count <= GREEN.length; count += 1) {
      files.update(reportOf(recordOf(GREEN.slice(0, count))));
      await readReport().catch((error: NodeJS.ErrnoException) => expect(error.code).to.equal('ENOENT'));
    }
    files.update(reportOf(closedRecordOf(GREEN)));
    await files.flush();
    expect((await readReport()).verdict).to.match(/^passed/);
  });

  it('are refused as a usage error when the folder cannot be made', async () => {
    await writeFile(join(folder, 'taken'), '');
    const error = await openReportFiles(join(folder, 'taken/inside')).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UsageError);
    expect(String(error)).to.contain(`--artifacts: ${folder}/taken/inside cannot be written to`);
  });

  it('make a run infra when they cannot be written any more', async () => {
    const { report } = await finish([], () => rm(folder, { recursive: true }));
    expect(report.exitCode).to.equal(3);
    expect(report.verdict).to.contain(`the report could not be written to ${folder}`);
  });

  it('give Prow metadata of strings only, none of them empty', async () => {
    const files = await openReportFiles(folder, 'abc123');
    files.update(reportOf(closedRecordOf(GREEN)));
    await files.flush();
    expect(await readJson('metadata.json')).to.deep.equal({
      provider: 'external',
      simulated: 'false',
      verdict: 'passed: SEV and SEV-ES guests on KubeVirt v1.9.0, node root@node.example:22',
      kubevirt: 'v1.9.0',
      kubernetes: 'v1.32.3',
      'infra-commit': 'abc123',
    });
  });

  it('leave cases green whose evidence is as it was written', async () => {
    const { report } = await finish([await evidenceFile('dmesg\n')]);
    expect(report.exitCode).to.equal(0);
  });

  for (const { what, spoil, message } of [
    { what: 'vanished', spoil: (path: string) => rm(path), message: 'vanished after it was written' },
    { what: 'grew', spoil: (path: string) => writeFile(path, 'dmesg and more'), message: 'changed from 6 to 14 bytes' },
    { what: 'changed', spoil: (path: string) => writeFile(path, 'dmesG\n'), message: 'changed its content' },
  ]) {
    it(`turn a green run red whose evidence ${what}`, async () => {
      const evidence = await evidenceFile('dmesg\n');
      const { report, heard } = await finish([evidence], () => spoil(join(folder, evidence.file)));
      expect(report.exitCode).to.equal(3);
      expect(report.cases.map(({ outcome }) => outcome)).to.deep.equal(['errored', 'errored', 'errored', 'errored']);
      expect(report.verdict).to.contain(`evidence evidence/dmesg.txt ${message}`);
      expect(report.hint).to.contain('artifacts folder');
      expect((await readReport()).exitCode).to.equal(3);
      expect(heard.at(-1)).to.include({ type: 'run-ended', exitCode: 3 });
    });
  }

  it('hear nothing any more after the end', async () => {
    const { reporter, heard, report } = await finish([]);
    const count = heard.length;
    reporter.sink(ended(PLAN[0], { outcome: 'failed' }));
    expect(heard).to.have.length(count);
    expect((await readReport()).exitCode).to.equal(report.exitCode);
  });

  describe('under guard', () => {
    async function guardedRun(
      isTerminal: boolean,
      act: (alarms: Alarms) => void,
      undo: Promise<void> = Promise.resolve(),
    ) {
      const heard: RunEvent[] = [];
      const files = await openReportFiles(folder);
      const reporter = await openReporter({ opening, files, listeners: [(event) => void heard.push(event)] });
      let alarms: Alarms | undefined;
      const listen = (own: Alarms) => {
        alarms = own;
      };
      let reason: unknown;
      await guarded(reporter, { isTerminal, listen }, async (stop) => {
        for (const event of greenWith([])) reporter.sink(event);
        if (alarms !== undefined) act(alarms);
        reason = stop.reason;
        await undo;
      });
      return { report: await reporter.finish(), reason, heard };
    }

    it('take SIGTERM and SIGINT back to back for one request, say which came first, and undo all the same', async () => {
      let isUndone = false;
      const undo = (async () => {
        await readdir(folder);
        isUndone = true;
      })();
      const { report, reason, heard } = await guardedRun(
        true,
        ({ onSignal }) => {
          onSignal('SIGTERM');
          onSignal('SIGINT');
          onSignal('SIGINT');
        },
        undo,
      );
      expect(report.exitCode).to.equal(143);
      expect(reason).to.be.instanceOf(Interrupted);
      expect(isUndone).to.equal(true);
      expect(heard.filter(({ type }) => type === 'ending')).to.have.length(1);
      const words = heard.flatMap((event) => (event.type === 'log' ? [event.message] : []));
      expect(words, 'nobody insisted').to.deep.equal([]);
    });

    it('file a bug that nobody caught, with its stack, and stop the run', async () => {
      const { report, reason } = await guardedRun(false, ({ onBug }) => onBug(new TypeError('x is undefined')));
      expect(report.verdict).to.equal('sevlane bug: x is undefined');
      expect(report.exitCode).to.equal(3);
      expect(report.findings[0]?.stack).to.contain('write.test');
      expect(reason).to.be.instanceOf(TypeError);
    });

    it('keep the first reason when a bug follows a signal', async () => {
      const { report } = await guardedRun(false, ({ onSignal, onBug }) => {
        onSignal('SIGINT');
        onBug(new InfraError('the connection was lost'));
      });
      expect(report.exitCode).to.equal(130);
      expect(report.findings.map(({ message }) => message)).to.deep.equal([
        'stopped by SIGINT',
        'the connection was lost',
      ]);
    });

    it('tell what a run threw although it must not throw', async () => {
      const { report } = await guardedRun(false, () => {
        throw new Error('oh');
      });
      expect(report.verdict).to.equal('sevlane bug: oh');
    });

    it('leave an endless undo on a terminal at a signal that comes later, and only there', async () => {
      const later = (isTerminal: boolean, undo: Promise<void>) =>
        guardedRun(
          isTerminal,
          ({ onSignal }) => {
            onSignal('SIGINT');
            setTimeout(() => onSignal('SIGINT'), 1100);
          },
          undo,
        );
      const left = await later(true, new Promise(() => {}));
      expect(left.report.exitCode).to.equal(130);
      const undone = new Promise<void>((resolve) => setTimeout(resolve, 1300));
      const stayed = await later(false, undone);
      const words = stayed.heard.flatMap((event) => (event.type === 'log' ? [event.message] : []));
      expect(words).to.deep.equal(['SIGINT again: still undoing']);
    });
  });
});
