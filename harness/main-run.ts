import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Alarms, guarded } from '../reports/guard.ts';
import { eventLine } from '../reports/json.ts';
import type { openProgress, Progress } from '../reports/progress/progress.ts';
import { openReporter, type Reporter, tellSettings } from '../reports/reporter.ts';
import { closingText } from '../reports/text.ts';
import { openReportFiles } from '../reports/write.ts';
import { holderOf } from './config/prow.ts';
import type { Resolution } from './config/resolve.ts';
import { shownSettings } from './config/show.ts';
import type { Redactor } from './evidence/redact.ts';
import type { RunEvent } from './model/events.ts';
import type { OwnProcess } from './model/own-process.ts';
import type { SettingProblem } from './model/setting.ts';
import type { ProviderFactory, Surroundings, Terminal } from './provider/contract.ts';
import { run } from './run.ts';
import { runFolder } from './run-folder.ts';

/** What main knows when `sevlane run` begins. */
export interface LaneCall {
  readonly startedAt: Date;
  readonly resolution: Resolution;
  readonly factory: ProviderFactory | undefined;
  /** With mistakes in the settings there is a report of them, and no run. */
  readonly problems: readonly SettingProblem[];
  readonly surroundings: Surroundings & { readonly own: OwnProcess };
  readonly redactor: Redactor;
  readonly terminal: Terminal;
  readonly openDisplay: (detail: Parameters<typeof openProgress>[1]) => Progress;
  readonly listen: (alarms: Alarms) => void;
  /** Says the mistakes when no report could be opened to hold them. */
  readonly refuseAll: () => Promise<unknown>;
}

/** A run with its report around it. The closing paragraph, and the exit code. @throws when no report can be opened. */
export async function runReported(call: LaneCall): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { resolution, factory, startedAt, redactor, refuseAll } = call;
  const problems = redactor.redactAll(call.problems);
  // With a report they are told in its closing paragraph, and only there.
  const session = await openSession(call).catch((error) => refuseAll().then(() => Promise.reject(error)));
  const { reporter, progress, folder } = session;
  if (tellSettings(reporter, problems, startedAt) && resolution.ok && factory !== undefined) {
    for (const message of redactor.redactAll(resolution.notes))
      reporter.tell({ type: 'log', level: 'info', message, facts: {} });
    await runGuarded(session, { ...call, resolution, factory });
  }
  const report = await reporter.finish();
  progress.close();
  return { text: closingText(report, folder), exitCode: report.exitCode };
}

interface Session {
  readonly runId: string;
  readonly folder: string;
  readonly reporter: Reporter;
  readonly progress: Progress;
}

/** Opens report and progress before anything else, so that whatever comes has a place. */
async function openSession(call: LaneCall): Promise<Session> {
  const { startedAt, resolution, factory, surroundings, terminal, openDisplay } = call;
  const runId = `${startedAt.toISOString().slice(0, 19).replace(/[-:T]/g, '')}-${randomBytes(3).toString('hex')}`;
  const { artifacts, quiet, verbose, json } = resolution.values;
  const isNamed = typeof artifacts === 'string' && !resolution.refused.has('artifacts');
  const folder = isNamed ? artifacts : resolve('_artifacts', runId);
  const files = await openReportFiles(folder, surroundings.own.environment.INFRA_COMMIT);
  const progress = openDisplay(quiet === true ? 'quiet' : verbose === true ? 'verbose' : 'normal');
  const provider = resolution.provider ?? 'none';
  const simulated = factory?.simulated ?? false;
  const settings = call.redactor.redactAll(shownSettings(resolution.resolved, resolution.rows));
  const events = (event: RunEvent) => void terminal.stdout.write(eventLine(event));
  const reporter = await openReporter({
    opening: { runId, startedAt: startedAt.toISOString(), provider, simulated, settings },
    files,
    listeners: [progress.tell, ...(json === true ? [events] : [])],
  });
  reporter.tell({ type: 'run-started', runId, provider, simulated, artifacts: folder });
  return { runId, folder, reporter, progress };
}

type SettledCall = LaneCall & {
  readonly resolution: Resolution & { readonly ok: true };
  readonly factory: ProviderFactory;
};

async function runGuarded(session: Session, call: SettledCall): Promise<void> {
  const { runId, folder, reporter } = session;
  const { resolution, factory, surroundings, redactor, terminal, listen } = call;
  const { own } = surroundings;
  const tell: Reporter['tell'] = (event) => reporter.tell(redactor.redactAll(event));
  await guarded({ tell }, { isTerminal: terminal.stderr.isTTY === true, listen }, async (stop) => {
    const provider = factory.create(resolution.values);
    const runDir = await runFolder(runId, own);
    const holder = holderOf(own.environment, { machine: hostname(), pid: own.pid });
    await run({
      runId,
      config: resolution.config,
      provider,
      surroundings,
      redactor,
      stop,
      sink: reporter.sink,
      artifacts: folder,
      runDir,
      holder,
      way: wayOf(resolution),
    });
  });
}

/** The agent of this shell is of no use to another one. */
const AGENT = 'SSH_AUTH_SOCK';

/** What was told of how to get to the node, wherever it was told, as flags. */
function wayOf({ resolved, rows }: Resolution): readonly string[] {
  const isWay = (key: string) => rows.some((row) => row.key === key && row.group === 'Node' && row.secret !== true);
  return resolved
    .filter(({ key, origin, place }) => isWay(key) && origin !== 'default' && origin !== 'unset' && place !== AGENT)
    .flatMap(({ key, text }) => [`--${key}`, text]);
}
