import { randomBytes } from 'node:crypto';
import { openProgress } from '../reports/progress/progress.ts';
import type { Resolution } from './config/resolve.ts';
import { UsageError } from './errors/errors.ts';
import { learnLogins, type Redactor } from './evidence/redact.ts';
import type { RunEvent } from './model/events.ts';
import type { OwnProcess } from './model/own-process.ts';
import type { Provider, ProviderFactory, SettingValues, Surroundings, Terminal } from './provider/contract.ts';
import { runFolder } from './run-folder.ts';
import type { ToolBudgets, ToolCommand, ToolInput } from './tools/command.ts';
import type { SplitWords } from './tools/words.ts';

/** What main knows when a command beside the run begins. */
export interface ToolCall {
  readonly resolution: Resolution;
  readonly split: SplitWords;
  readonly factory: ProviderFactory | undefined;
  readonly own: OwnProcess;
  readonly surroundings: Surroundings;
  readonly redactor: Redactor;
  /** The file that runs sevlane. */
  readonly program: string;
  readonly workingFolder: string;
  readonly terminal: Terminal;
  readonly hearOthers: ToolInput['hearOthers'];
  readonly stop: AbortSignal;
}

/** Runs a command beside the run on settings that are in order. @throws whatever ended it. */
export async function runTool(tool: ToolCommand, call: ToolCall): Promise<number> {
  const { resolution, split, factory, own, terminal, redactor } = call;
  const { values } = resolution;
  if (!split.isSeparated) {
    throw new UsageError(`sevlane ${tool.name}: no -- stands before the command to run`, {
      hint: `write sevlane ${tool.name} ${tool.usage}`,
    });
  }
  const runId = `${new Date().toISOString().slice(0, 19).replace(/[-:T]/g, '')}-${randomBytes(3).toString('hex')}`;
  const tell = voice(tool, terminal, values);
  const sink = (event: RunEvent) => tell(redactor.redactAll(event));
  for (const message of tool.needsNode(split.words) ? resolution.notes : [])
    sink({ type: 'log', at: new Date().toISOString(), level: 'info', message, facts: {} });
  return await tool.run({
    runId,
    words: split.words,
    flags: split.flags,
    rows: resolution.rows,
    values,
    provider: () => {
      if (factory === undefined) throw new UsageError('no provider is named', { hint: 'write --provider NAME' });
      return teaching(redactor, factory.create(values));
    },
    surroundings: call.surroundings,
    own,
    program: call.program,
    workingFolder: call.workingFolder,
    runDir: await runFolder(runId, own),
    budgets: budgetsOf(values),
    terminal,
    hearOthers: call.hearOthers,
    sink,
    learn: redactor.learn,
    stop: call.stop,
  });
}

/** What logs in is known before anybody can speak of it. */
function teaching(redactor: Redactor, provider: Provider): Provider {
  return {
    ...provider,
    async acquire(scope, surroundings) {
      const host = await provider.acquire(scope, surroundings);
      learnLogins(redactor, host.ssh);
      return host;
    },
  };
}

/** Lines on stderr, never live ones: what the tool is for may write to the same terminal. */
function voice(tool: ToolCommand, { stderr }: Terminal, values: SettingValues): (event: RunEvent) => void {
  const detail = values.quiet === true ? 'quiet' : values.verbose === true ? 'verbose' : 'normal';
  const lines = Object.assign(Object.create(stderr) as typeof stderr, { isTTY: false });
  const { tell } = openProgress(lines, detail);
  if (!tool.isQuiet || detail === 'verbose') return tell;
  return (event) => {
    if (event.type === 'connection' && !USUAL.includes(event.moment.kind)) tell(event);
    if (event.type === 'trouble' || event.type === 'waiting') tell(event);
  };
}

/** What happens to every connection. */
const USUAL: readonly string[] = ['connected', 'measured', 'closed'];

/** The rows have defaults, so that there is a number unless its text was refused; then nothing is opened. */
function budgetsOf(values: SettingValues): ToolBudgets {
  const ms = (key: string) => Number(values[key] ?? 0);
  return {
    connectMs: ms('connect-timeout'),
    clusterMs: ms('cluster-timeout'),
    connectionMs: ms('connection-budget'),
    undoMs: ms('undo-timeout'),
  };
}
