#!/usr/bin/env node
import { hostname } from 'node:os';
import { PROVIDERS } from '../providers/index.ts';
import { type Alarms, stoppable } from '../reports/guard.ts';
import { planJson, planText } from '../reports/plan-text.ts';
import { openAsk } from '../reports/progress/ask.ts';
import { openProgress, type Progress } from '../reports/progress/progress.ts';
import { findSettingsFile } from './config/file.ts';
import { holderOf } from './config/prow.ts';
import { type Resolution, resolveSettings } from './config/resolve.ts';
import { SETTINGS } from './config/settings.ts';
import { configJson, configTable, helpText, overviewText } from './config/show.ts';
import { toFinding } from './errors/blame.ts';
import { Interrupted, UsageError } from './errors/errors.ts';
import { exitCode } from './errors/exit-code.ts';
import { createRedactor, learningAsk } from './evidence/redact.ts';
import { allProblems, lastWords, refusalOfSettings, toolProblems, unknownCommand } from './main-refusals.ts';
import { ownVersion } from './main-version.ts';
import type { OwnProcess, StopSignal } from './model/own-process.ts';
import type { Setting, SettingProblem } from './model/setting.ts';
import type { ProviderFactory } from './provider/contract.ts';
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
  readonly isForOthers?: boolean;
  /** What follows the name, in help; default `[settings]`. */
  readonly usage?: string;
  /** Which of the words after the name are not settings; default none. */
  readonly words?: WordRule;
  act(resolution: Resolution, split: SplitWords): Promise<number>;
}

const { stdout, stderr } = process;
const TERMINAL = { pid: process.pid, stdin: process.stdin, stdout, stderr };

const OWN: OwnProcess = {
  pid: process.pid,
  execPath: process.execPath,
  nodeVersion: process.version,
  version: await ownVersion(),
  environment: Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ),
  kill: (pid, signal) => void process.kill(pid, signal),
};

// The work of each command is loaded when it is asked for: whoever wants something else does not wait for it.
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

/** What writes to the terminal right now; it stands still while a person is asked. */
const display: { current: Progress | undefined } = { current: undefined };

const ask = openAsk({
  stdin: process.stdin,
  stderr,
  onInterrupt: () => alarms.current.onSignal('SIGINT'),
  hold: () => display.current?.hold() ?? (() => {}),
});
/** What is learnt anywhere is masked everywhere, in the last words about a bug too. */
const redactor = createRedactor();
const SURROUNDINGS = {
  own: OWN,
  holder: holderOf(OWN.environment, { machine: hostname(), pid: OWN.pid }).identity,
  ...(ask === undefined ? {} : { ask: learningAsk(redactor, ask) }),
};

await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => alarms.current.onSignal(name));
  // Node would open a debugger to whoever asks on loopback, with every credential in it.
  process.on('SIGUSR1', () => {});
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
  if (name === 'help' && rest[0] !== undefined) return await dispatch([rest[0], '--help']);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help')
    return await say(overviewText(COMMANDS));
  if (name === '--version' || name === '-V') return await say(`${OWN.version}\n`);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) throw unknownCommand(name, COMMANDS);
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
    isForOthers: command.isForOthers ?? false,
    ownProvider: command.owner,
  });
  return await command.act(resolution, split);
}

function tool(own: ToolCommand): Command {
  return {
    ...own,
    isProof: true,
    isForOthers: true,
    async act(resolution, split) {
      const factory = PROVIDERS.find(({ name }) => name === resolution.provider);
      const problems = await toolProblems(own, { resolution, split, factory, surroundings: SURROUNDINGS });
      if (problems.length > 0) return await sayProblems(problems);
      const { stop, alarms: ours } = stoppable(stderr.isTTY === true, (signalName) => process.exit(codeOf(signalName)));
      alarms.current = ours;
      const [program, workingFolder] = [import.meta.filename, process.cwd()];
      const around = {
        own: OWN,
        surroundings: SURROUNDINGS,
        redactor,
        program,
        workingFolder,
        terminal: TERMINAL,
        hearOthers,
      };
      const { runTool } = await import('./main-tool.ts');
      return await runTool(own, { resolution, split, factory, ...around, stop });
    },
  };
}

function hearOthers(listen: (name: NodeJS.Signals) => void): () => void {
  const names = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
  for (const name of names) process.on(name, listen);
  return () => {
    for (const name of names) process.off(name, listen);
  };
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
      const problems = await allProblems({ resolution, factory: owner, surroundings: SURROUNDINGS });
      if (problems.length > 0) return await sayProblems(problems);
      const stop = new AbortController();
      alarms.current = { ...alarms.current, onSignal: (signalName) => stop.abort(new Interrupted(signalName)) };
      return await command.run(resolution.values, TERMINAL, stop.signal);
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
  const { planOf } = await import('./plan.ts');
  const plan = await planOf(resolution.config);
  await say(resolution.config.output.json ? planJson(plan) : planText(plan));
  if (plan.cases.length > 0) return 0;
  throw new UsageError('no case is left', { hint: 'loosen --label-filter, --focus, --skip or --require' });
}

async function runLane(resolution: Resolution): Promise<number> {
  const startedAt = new Date();
  const factory = PROVIDERS.find(({ name }) => name === resolution.provider);
  const problems = await allProblems({ resolution, factory, surroundings: SURROUNDINGS });
  const hasPlace = resolution.values.artifacts !== undefined && !resolution.refused.has('artifacts');
  if (!hasPlace && problems.length > 0) return await sayProblems(problems);
  const { runReported } = await import('./main-run.ts');
  const { text, exitCode: code } = await runReported({
    ...{ startedAt, resolution, factory, problems, surroundings: SURROUNDINGS, redactor, terminal: TERMINAL },
    openDisplay,
    listen,
    refuseAll: async () => (problems.length > 0 ? await sayProblems(problems) : 0),
  });
  await say(text, resolution.values.json === true ? stderr : stdout);
  return code;
}

async function lookAtNode(resolution: Resolution): Promise<number> {
  const factory = PROVIDERS.find(({ name }) => name === resolution.provider);
  const problems = await allProblems({ resolution, factory, surroundings: SURROUNDINGS });
  if (problems.length > 0 || !resolution.ok || factory === undefined) return await sayProblems(problems);
  const { examineNode } = await import('./main-doctor.ts');
  const { text, exitCode: code } = await examineNode({
    resolution,
    factory,
    surroundings: SURROUNDINGS,
    redactor,
    terminal: TERMINAL,
    progress: openDisplay(resolution.values.verbose === true ? 'verbose' : 'quiet'),
    listen,
  });
  await say(text);
  return code;
}

function listen(own: Alarms): void {
  alarms.current = own;
}

function openDisplay(detail: Parameters<typeof openProgress>[1]): Progress {
  const progress = openProgress(stderr, detail);
  display.current = progress;
  return progress;
}

async function sayProblems(problems: readonly SettingProblem[]): Promise<number> {
  const { text, exitCode: code } = refusalOfSettings(problems);
  await say(text, stderr);
  return code;
}

async function refuse(error: unknown): Promise<number> {
  const { text, exitCode: code } = lastWords(error, redactor);
  await say(text, stderr);
  return code;
}

function codeOf(signalName: StopSignal): number {
  return exitCode([toFinding(new Interrupted(signalName), '')], signalName);
}

async function say(text: string, stream: NodeJS.WritableStream = stdout): Promise<number> {
  await new Promise<void>((done) => stream.write(redactor.redact(text), () => done()));
  return 0;
}
