#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { PROVIDERS } from '../providers/index.ts';
import { type Alarms, guarded, stoppable } from '../reports/guard.ts';
import { eventLine } from '../reports/json.ts';
import { planJson, planText } from '../reports/plan-text.ts';
import { openAsk } from '../reports/progress/ask.ts';
import { openProgress, type Progress } from '../reports/progress/progress.ts';
import { openReporter, type Reporter, tellSettings } from '../reports/reporter.ts';
import { closingText } from '../reports/text.ts';
import { openReportFiles } from '../reports/write.ts';
import { findSettingsFile } from './config/file.ts';
import { nearest } from './config/nearest.ts';
import { holderOf } from './config/prow.ts';
import { type Resolution, resolveSettings } from './config/resolve.ts';
import { SETTINGS } from './config/settings.ts';
import { configJson, configTable, helpText, overviewText, problemsText, shownSettings } from './config/show.ts';
import { toFinding } from './errors/blame.ts';
import { Interrupted, LaneError, UsageError } from './errors/errors.ts';
import { exitCode } from './errors/exit-code.ts';
import { createRedactor, learningAsk } from './evidence/redact.ts';
import { examineNode } from './main-doctor.ts';
import { runTool, type ToolCall } from './main-tool.ts';
import type { RunEvent } from './model/events.ts';
import type { OwnProcess } from './model/own-process.ts';
import type { Setting, SettingProblem } from './model/setting.ts';
import { planOf } from './plan.ts';
import type { ProviderFactory } from './provider/contract.ts';
import { run } from './run.ts';
import { runFolder } from './run-folder.ts';
import type { ToolCommand, WordRule } from './tools/command.ts';
import { TOOL_COMMANDS } from './tools/commands.ts';
import { type SplitWords, splitWords } from './tools/words.ts';

interface Command {
  readonly name: string;
  readonly summary: string;
  readonly rows: readonly Setting[];
  /** The provider that brought the command. */
  readonly owner?: ProviderFactory;
  readonly isProof?: boolean;
  /** What follows the name, in help; default `[settings]`. */
  readonly usage?: string;
  /** Which of the words after the name are not settings; default none. */
  readonly words?: WordRule;
  act(resolution: Resolution, split: SplitWords): Promise<number>;
}

type Settled = Resolution & { readonly ok: true };

const { stdout, stderr } = process;

const OWN: OwnProcess = {
  pid: process.pid,
  execPath: process.execPath,
  nodeVersion: process.version,
  environment: Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ),
  kill: (pid, signal) => void process.kill(pid, signal),
};

const COMMANDS: readonly Command[] = [
  {
    name: 'run',
    summary: 'borrows the node, boots the guests, proves them and gives everything back',
    rows: [],
    isProof: true,
    act: runLane,
  },
  {
    name: 'doctor',
    summary: 'looks whether this side, the node and its cluster can run the lane; changes nothing',
    rows: [],
    isProof: true,
    act: lookAtNode,
  },
  { name: 'list', summary: 'prints the plan of a run without touching anything', rows: [], act: listPlan },
  { name: 'config', summary: 'prints every setting, its value and where it came from', rows: [], act: showConfig },
  ...TOOL_COMMANDS.map(tool),
  ...PROVIDERS.flatMap((owner) => owner.commands.map((command) => broughtBy(owner, command))),
];

/** What signals and bugs do right now: a run replaces these by its own. */
const alarms: { current: Alarms } = {
  current: {
    onSignal: (signalName) => process.exit(codeOf(signalName)),
    onBug: (error) => void refuse(error).then((code) => process.exit(code)),
  },
};

/** What may write to the terminal right now, and stands still while a person is asked. */
const display: { current: Progress | undefined } = { current: undefined };

const ask = openAsk({
  stdin: process.stdin,
  stderr,
  onInterrupt: () => alarms.current.onSignal('SIGINT'),
  hold: () => display.current?.hold() ?? (() => {}),
});
/** What is learnt anywhere is masked everywhere, in the last words about a bug too. */
const redactor = createRedactor();
const SURROUNDINGS = { own: OWN, ...(ask === undefined ? {} : { ask: learningAsk(redactor, ask) }) };

await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => alarms.current.onSignal(name));
  for (const name of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(name, (error) => alarms.current.onBug(error));
  // Left to itself, Node would leave with code 13 and no word when nothing keeps it busy any more.
  process.once('beforeExit', () =>
    alarms.current.onBug(new Error('nothing is left to wait for, yet this is not the end')),
  );
  // A reader that goes away, such as head, is no reason to leave the node in disorder.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  process.exit(await dispatch(argv).catch(refuse));
}

async function dispatch([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help')
    return await say(overviewText(COMMANDS));
  if (name === '--version' || name === '-V') return await say(`${await ownVersion()}\n`);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) throw unknownCommand(name);
  const providerRows = (command.owner === undefined ? PROVIDERS : [command.owner]).flatMap(({ settings }) => settings);
  const rows = [...SETTINGS, ...providerRows, ...command.rows];
  const split = splitWords(command.words ?? 'none', rest, rows);
  const isHelp = (word: string | undefined) => word === '--help' || word === '-h';
  if (split.flags.some(isHelp) || (rest.length === 1 && isHelp(rest[0]))) return await say(helpText(command, rows));
  const resolution = resolveSettings({
    argv: split.flags,
    env: process.env,
    file: await findSettingsFile(process.cwd()),
    workingFolder: process.cwd(),
    providers: PROVIDERS,
    commandRows: command.rows,
    otherRows: TOOL_COMMANDS.flatMap((each) => each.rows),
    isProof: command.isProof ?? false,
    ownProvider: command.owner,
  });
  return await command.act(resolution, split);
}

function tool(own: ToolCommand): Command {
  return {
    ...own,
    // In CI a simulated cluster must not pass for a real one here either.
    isProof: true,
    async act(resolution, split) {
      const factory = PROVIDERS.find(({ name }) => name === resolution.provider);
      const problems = await toolProblems(own, { resolution, split, factory });
      if (problems.length > 0) return await sayProblems(problems);
      const { stop, alarms: ours } = stoppable(stderr.isTTY === true, (signalName) => process.exit(codeOf(signalName)));
      alarms.current = ours;
      const [program, workingFolder] = [import.meta.filename, process.cwd()];
      const terminal = { pid: process.pid, stdin: process.stdin, stdout, stderr };
      const around = { own: OWN, surroundings: SURROUNDINGS, redactor, program, workingFolder, terminal };
      return await runTool(own, { resolution, split, factory, ...around, stop });
    },
  };
}

/** Where no node is worked on, only what was typed has to be right. */
async function toolProblems(
  { needsNode }: ToolCommand,
  { resolution, split, factory }: Pick<ToolCall, 'resolution' | 'split' | 'factory'>,
): Promise<readonly SettingProblem[]> {
  // What is wrong with words of the command is its own affair: runTool says what has to stand before it.
  if (!split.isSeparated) return [];
  if (needsNode(split.words)) return await allProblems(resolution, factory);
  const problems = resolution.ok ? [] : resolution.problems;
  return problems.filter(({ place }) => place.startsWith('--') && place !== '--provider');
}

function unknownCommand(name: string): UsageError {
  const near = nearest(
    name,
    COMMANDS.map((command) => command.name),
  );
  const hint = near === undefined ? 'see sevlane --help' : `did you mean sevlane ${near}?`;
  return new UsageError(`"${name}" is no command`, { hint });
}

function broughtBy(
  owner: ProviderFactory,
  { name, summary, settings, ...command }: ProviderFactory['commands'][number],
): Command {
  return {
    name,
    summary,
    rows: settings,
    owner,
    async act(resolution) {
      const problems = await allProblems(resolution, owner);
      if (problems.length > 0) return await sayProblems(problems);
      const stop = new AbortController();
      alarms.current = { ...alarms.current, onSignal: (signalName) => stop.abort(new Interrupted(signalName)) };
      return await command.run(
        resolution.values,
        { pid: process.pid, stdin: process.stdin, stdout, stderr },
        stop.signal,
      );
    },
  };
}

async function showConfig(resolution: Resolution): Promise<number> {
  const { resolved, rows, values } = resolution;
  await say(values.json === true ? configJson(resolved, rows) : configTable(resolved, rows));
  return resolution.ok ? 0 : await sayProblems(resolution.problems);
}

async function listPlan(resolution: Resolution): Promise<number> {
  if (!resolution.ok) return await sayProblems(resolution.problems);
  const plan = await planOf(resolution.config);
  await say(resolution.config.output.json ? planJson(plan) : planText(plan));
  if (plan.cases.length > 0) return 0;
  throw new UsageError('no case is left', { hint: 'loosen --label-filter, --focus, --skip or --require' });
}

async function runLane(resolution: Resolution): Promise<number> {
  const startedAt = new Date();
  const factory = PROVIDERS.find(({ name }) => name === resolution.provider);
  const problems = await allProblems(resolution, factory);
  const artifacts = resolution.refused.has('artifacts') ? undefined : resolution.values.artifacts;
  const refuseAll = async () => (problems.length > 0 ? await sayProblems(problems) : 0);
  if (artifacts === undefined && problems.length > 0) return await refuseAll();
  // With a report they are told in its closing paragraph, and only there.
  const opening = openSession(resolution, { startedAt, artifacts, factory });
  const session = await opening.catch((error) => refuseAll().then(() => Promise.reject(error)));
  const { reporter, progress, folder } = session;
  if (tellSettings(reporter, problems, startedAt) && resolution.ok && factory !== undefined) {
    for (const message of resolution.notes) reporter.tell({ type: 'log', level: 'info', message, facts: {} });
    await runGuarded(session, resolution, factory);
  }
  const report = await reporter.finish();
  progress.close();
  await say(closingText(report, folder), resolution.values.json === true ? stderr : stdout);
  return report.exitCode;
}

async function lookAtNode(resolution: Resolution): Promise<number> {
  const factory = PROVIDERS.find(({ name }) => name === resolution.provider);
  const problems = await allProblems(resolution, factory);
  if (problems.length > 0 || !resolution.ok || factory === undefined) return await sayProblems(problems);
  const { text, exitCode: code } = await examineNode({
    resolution,
    factory,
    surroundings: SURROUNDINGS,
    redactor,
    terminal: { stdout, stderr },
    progress: openDisplay(resolution.values.verbose === true ? 'verbose' : 'quiet'),
    listen: (own) => {
      alarms.current = own;
    },
  });
  await say(text);
  return code;
}

function openDisplay(detail: Parameters<typeof openProgress>[1]): Progress {
  const progress = openProgress(stderr, detail);
  display.current = progress;
  return progress;
}

interface Session {
  readonly runId: string;
  readonly folder: string;
  readonly reporter: Reporter;
  readonly progress: Progress;
}

interface SessionStart {
  readonly startedAt: Date;
  readonly artifacts: unknown;
  readonly factory: ProviderFactory | undefined;
}

/** Opens report and progress before anything else, so that whatever comes has a place. */
async function openSession(resolution: Resolution, { startedAt, artifacts, factory }: SessionStart): Promise<Session> {
  const runId = `${startedAt.toISOString().slice(0, 19).replace(/[-:T]/g, '')}-${randomBytes(3).toString('hex')}`;
  const folder = typeof artifacts === 'string' ? artifacts : resolve('_artifacts', runId);
  const files = await openReportFiles(folder, process.env.INFRA_COMMIT);
  const { quiet, verbose, json } = resolution.values;
  const progress = openDisplay(quiet === true ? 'quiet' : verbose === true ? 'verbose' : 'normal');
  const provider = resolution.provider ?? 'none';
  const simulated = factory?.simulated ?? false;
  const settings = shownSettings(resolution.resolved, resolution.rows);
  const reporter = await openReporter({
    opening: { runId, startedAt: startedAt.toISOString(), provider, simulated, settings },
    files,
    listeners: [progress.tell, ...(json === true ? [(event: RunEvent) => void stdout.write(eventLine(event))] : [])],
  });
  reporter.tell({ type: 'run-started', runId, provider, simulated, artifacts: folder });
  return { runId, folder, reporter, progress };
}

async function runGuarded(session: Session, { config, values }: Settled, factory: ProviderFactory): Promise<void> {
  const { runId, folder, reporter } = session;
  const tell: Reporter['tell'] = (event) => reporter.tell(redactor.redactAll(event));
  const listen = (own: Alarms) => {
    alarms.current = own;
  };
  await guarded({ tell }, { isTerminal: stderr.isTTY === true, listen }, async (stop) => {
    const provider = factory.create(values);
    const runDir = await runFolder(runId, OWN);
    const holder = holderOf(process.env, hostname());
    await run({
      runId,
      config,
      provider,
      surroundings: SURROUNDINGS,
      redactor,
      stop,
      sink: reporter.sink,
      artifacts: folder,
      runDir,
      holder,
    });
  });
}

/** The mistakes of the settings, and those that only the provider can see and that do not follow from them. */
async function allProblems(
  resolution: Resolution,
  factory: ProviderFactory | undefined,
): Promise<readonly SettingProblem[]> {
  const problems = resolution.ok ? [] : resolution.problems;
  const more = (await factory?.check(resolution.values, SURROUNDINGS)) ?? [];
  return [...problems, ...more.filter(({ place }) => !resolution.refused.has(place.replace(/^--/, '')))];
}

async function sayProblems(problems: readonly SettingProblem[]): Promise<number> {
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
  await say(`usage: ${count} in the settings\n${problemsText(problems)}`, stderr);
  return exitCode([toFinding(new UsageError(''), '')]);
}

/** The last words about an error that no report can hold. */
async function refuse(error: unknown): Promise<number> {
  const finding = toFinding(error, 'sevlane');
  const word = error instanceof LaneError ? finding.blame : 'sevlane bug';
  const lines = [`${word}: ${finding.message}`, finding.hint, finding.stack, ''];
  await say(redactor.redact(lines.filter((line) => line !== undefined).join('\n')), stderr);
  return exitCode([finding], error instanceof Interrupted ? error.signalName : undefined);
}

function codeOf(signalName: 'SIGINT' | 'SIGTERM'): number {
  return exitCode([toFinding(new Interrupted(signalName), '')], signalName);
}

async function say(text: string, stream: NodeJS.WritableStream = stdout): Promise<number> {
  await new Promise<void>((done) => stream.write(text, () => done()));
  return 0;
}

async function ownVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
  return String(typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : 'unknown');
}
