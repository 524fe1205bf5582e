import { toFinding } from '../harness/errors/blame.ts';
import { UsageError } from '../harness/errors/errors.ts';
import type { RunEvent, UnstampedEvent } from '../harness/model/events.ts';
import type { Report } from '../harness/model/report.ts';
import type { SettingProblem } from '../harness/model/setting.ts';
import { closeRecord, openRecord, record, reportOf } from './record.ts';
import type { Opening } from './run-record.ts';
import { casesWithoutProof, type ReportFiles } from './write.ts';

/** Hears the events of one run, keeps its report on disk and ends it. */
export interface Reporter {
  readonly sink: (event: RunEvent) => void;
  /** The same for events of our own, which get the time here. */
  readonly tell: (event: UnstampedEvent) => void;
  /** Ends the run: evidence is looked at once more, the report is written and given back. Never throws. */
  finish(): Promise<Report>;
}

interface ReporterParts {
  readonly opening: Opening;
  readonly files: ReportFiles;
  /** Who else wants to hear each event, such as the progress display. */
  readonly listeners: readonly ((event: RunEvent) => void)[];
}

/**
 * Opens the report: before anything is told the folder holds a valid one, red until the run has ended.
 * @throws InfraError when it cannot be written.
 */
export async function openReporter({ opening, files, listeners }: ReporterParts): Promise<Reporter> {
  let run = openRecord(opening);
  let isOpen = true;
  files.update(reportOf(run));
  await files.flush();
  const sink = (event: RunEvent) => {
    // Work that was left behind may still speak when the report is closed.
    if (!isOpen) return;
    // Signals are told here first and by the run again; only the first ending counts.
    if (event.type === 'ending' && run.ending !== undefined) return;
    run = record(run, event);
    if (changesRows(event)) files.update(reportOf(run));
    for (const listen of listeners) listen(event);
  };
  const tell = (event: UnstampedEvent) => sink({ ...event, at: new Date().toISOString() } as RunEvent);
  return {
    sink,
    tell,
    async finish() {
      for (const result of await casesWithoutProof(files.folder, reportOf(run).cases))
        tell({ type: 'case-ended', result });
      run = closeRecord(run, new Date().toISOString());
      files.update(reportOf(run));
      try {
        await files.flush();
      } catch (error) {
        tell({ type: 'trouble', finding: toFinding(error, 'report') });
        // What can be written says so; the process must not end in the middle of it.
        await files.flush().catch(() => {});
      }
      const report = reportOf(run);
      tell({ type: 'run-ended', verdict: report.verdict, exitCode: report.exitCode, artifacts: files.folder });
      isOpen = false;
      return report;
    },
  };
}

/** Tells the first phase, which was over before anybody could listen. True when the run may go on. */
export function tellSettings(reporter: Reporter, problems: readonly SettingProblem[], startedAt: Date): boolean {
  const ms = Date.now() - startedAt.getTime();
  reporter.tell({ type: 'phase-started', phase: 'settings', budgetMs: 0 });
  const [first, ...others] = problems.map(({ place, problem, fix }) =>
    toFinding(new UsageError(`${place}: ${firstLine(problem)}`, { hint: fix }), 'phase settings'),
  );
  if (first === undefined) {
    reporter.tell({ type: 'phase-ended', result: { name: 'settings', outcome: 'passed', ms } });
    return true;
  }
  reporter.tell({ type: 'phase-ended', result: { name: 'settings', outcome: 'errored', ms, finding: first } });
  for (const finding of others) reporter.tell({ type: 'trouble', finding });
  return false;
}

/** A report has no room for the picture that may follow. */
function firstLine(problem: string): string {
  return problem.split('\n')[0] ?? '';
}

function changesRows({ type }: RunEvent): boolean {
  return type !== 'log' && type !== 'waiting' && type !== 'run-ended';
}
