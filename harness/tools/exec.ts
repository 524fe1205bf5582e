import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { hearsTerminal } from '../command/process-state.ts';
import type { Program } from '../command/run.ts';
import { type RunningProgram, startProgram } from '../command/start.ts';
import { InfraError, Interrupted, UsageError } from '../errors/errors.ts';
import type { Environment } from '../model/own-process.ts';
import { deadline } from '../scope/deadline.ts';
import type { Scope } from '../scope/scope.ts';
import { settle } from '../scope/settle.ts';
import type { ToolInput } from './command.ts';
import { type ToolGround, withGround } from './ground.ts';
import { programEnvironment } from './program-environment.ts';

/** Whoever is asked to stop may take this long over it: an installation is taken back, say. */
const OWN_GRACE_MS = 600_000;
/** What a terminal sends when Ctrl-C or Ctrl-\\ is pressed. */
const KEYS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
/** Without a connection there is nothing left to take back. */
const LOST_GRACE_MS = 10_000;

/** The work of `sevlane exec -- CMD...`: one command with a way to the cluster, which is gone when it has ended. */
export async function runWords(input: ToolInput, [name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) {
    throw new UsageError('sevlane exec: no command follows the --', {
      hint: 'write sevlane exec [settings] -- CMD...',
    });
  }
  // Told before anything is opened: a connection for a command that cannot be is wasted time.
  const file = await findProgram(name, input);
  return await withGround(input, {}, (scope, ground) => runProgram(scope, ground, { input, program: { file, args } }));
}

interface Work {
  readonly input: ToolInput;
  readonly program: Program;
}

/**
 * Runs it to its end. A signal is passed on once, and its way of ending respected. @returns its exit code.
 * @throws InfraError when the connection is lost for good, which ends it.
 */
async function runProgram(scope: Scope, ground: ToolGround, { input, program }: Work): Promise<number> {
  const { own, terminal, workingFolder } = input;
  // Only our own session has the terminal, and its foreground is for one process group: whoever asks a person there, also
  // when its input is a pipe, has to be in both.
  const isForeground = [terminal.stdin, terminal.stdout, terminal.stderr].some(isTerminal);
  const pass = async (name: NodeJS.Signals) => {
    const { kill } = await starting;
    // Then the terminal has told it already.
    if (isForeground && KEYS.includes(name) && hearsTerminal(own.pid)) return;
    kill(name);
  };
  // Before it is started: it may be told to send us one at once, and one that nobody listens for would end us.
  const stopHearing = input.hearOthers((name) => void pass(name).catch(() => {}));
  const starting = startProgram(program, {
    own,
    watcher: ground.watcher,
    environment: programEnvironment(ground, input),
    what: `exec ${program.file}`,
    stdio: 'inherit',
    cwd: workingFolder,
    isForeground,
  });
  try {
    return await follow(scope, ground, { input, name: program.file, running: await starting, pass });
  } finally {
    stopHearing();
  }
}

interface Followed {
  readonly input: ToolInput;
  readonly name: string;
  readonly running: RunningProgram;
  readonly pass: (signalName: NodeJS.Signals) => Promise<void>;
}

async function follow(scope: Scope, ground: ToolGround, { input, name, running, pass }: Followed): Promise<number> {
  scope.defer(`end ${name}`, 2 * LOST_GRACE_MS, () => running.end(LOST_GRACE_MS / 2));
  const code = running.ended.then((end) => end.code);
  try {
    return await settle(code, scope.signal);
  } catch (reason) {
    if (!(reason instanceof Interrupted)) {
      input.terminal.stderr.write(`${name} is stopped: there is no way to the cluster any more\n`);
      await running.end(LOST_GRACE_MS);
      throw reason;
    }
    await pass(reason.signalName);
    return await ownEnd(code, running, ground);
  }
}

async function ownEnd(code: Promise<number>, running: RunningProgram, { ssh }: ToolGround): Promise<number> {
  const late = () => new InfraError(`it did not end within ${OWN_GRACE_MS / 60_000} minutes of being asked to`);
  using bound = deadline(OWN_GRACE_MS, ssh?.lost, late);
  try {
    return await settle(code, bound.signal);
  } catch {
    await running.end(LOST_GRACE_MS);
    return await code;
  }
}

/** As a shell finds it. @throws UsageError when it is not there or may not be executed. */
async function findProgram(name: string, { own, workingFolder }: ToolInput): Promise<string> {
  if (name.includes('/')) {
    const path = resolve(workingFolder, name);
    const state = await fitness(path);
    if (state === 'fine') return path;
    throw new UsageError(`${name} ${state}`, { hint: 'give the path of a program' });
  }
  for (const folder of pathOf(own.environment)) {
    const path = join(resolve(workingFolder, folder), name);
    if ((await fitness(path)) === 'fine') return path;
  }
  throw new UsageError(`there is no program ${name} on PATH`, { hint: 'install it, or give its path' });
}

function pathOf({ PATH = '' }: Environment): readonly string[] {
  return PATH === '' ? ['/usr/local/bin', '/usr/bin', '/bin'] : PATH.split(delimiter);
}

async function fitness(path: string): Promise<'fine' | 'does not exist' | 'is no file' | 'may not be executed'> {
  try {
    if (!(await stat(path)).isFile()) return 'is no file';
  } catch {
    return 'does not exist';
  }
  return await access(path, constants.X_OK).then(
    () => 'fine',
    () => 'may not be executed',
  );
}

function isTerminal(stream: unknown): boolean {
  return typeof stream === 'object' && stream !== null && Reflect.get(stream, 'isTTY') === true;
}
