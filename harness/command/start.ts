import { execa } from 'execa';
import { InfraError } from '../errors/errors.ts';
import type { Environment, OwnProcess } from '../model/own-process.ts';
import { deadline } from '../scope/deadline.ts';
import { settle } from '../scope/settle.ts';
import { endOf, type ProgramEnd } from './program-end.ts';
import type { Program } from './run.ts';
import { explainStart } from './start-failure.ts';
import type { Watcher } from './watcher.ts';

/** What a lasting program gets. */
export interface StartOptions {
  readonly own: OwnProcess;
  readonly watcher: Watcher;
  /** The whole environment of the program; only the watcher's mark is added. */
  readonly environment: Environment;
  /** What it is done for, in errors. */
  readonly what: string;
  /** `inherit`: it talks to whoever started us; default: its output is kept, the last 64 KiB of it. */
  readonly stdio?: 'inherit';
  /** It stays in our process group, in the foreground of the terminal: Ctrl-C reaches it by itself. */
  readonly isForeground?: boolean;
  readonly cwd?: string;
}

/** A lasting program that does not outlive sevlane. In the foreground its group is ours, and not signalled. */
export interface RunningProgram {
  readonly pid: number;
  /** Resolves when the program itself has ended. */
  readonly ended: Promise<ProgramEnd>;
  /** The last 64 KiB of what it said, both streams together. */
  said(): string;
  /** Signals the whole group; nothing happens when that is gone. */
  kill(name: NodeJS.Signals): void;
  /** Ends the whole group: SIGTERM, after the grace SIGKILL. Resolves when the program is gone; safe to call twice. */
  end(graceMs: number): Promise<void>;
}

const KEPT_BYTES = 64 * 1024;
const DEATH_WITHIN_MS = 5000;

/** Starts a lasting program under the eyes of the watcher. @throws InfraError when it cannot be started. */
export async function startProgram({ file, args }: Program, options: StartOptions): Promise<RunningProgram> {
  const { own, watcher, environment, what, stdio, cwd, isForeground = false } = options;
  // A child may speak, and we may be killed, before its id is known.
  const begun = watcher.starting();
  const child = execa(file, [...args], {
    env: { ...environment, ...watcher.mark },
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: stdio ?? 'ignore',
    stdout: stdio ?? 'pipe',
    stderr: stdio ?? 'pipe',
    detached: !isForeground,
    buffer: false,
    cleanup: false,
    reject: false,
  });
  const { pid } = child;
  const unwatch = pid === undefined ? begun : watcher.child(pid, isForeground ? 'process' : 'group');
  begun();
  if (pid === undefined) throw explainStart(await child, what, cwd);
  const kill = (name: NodeJS.Signals) => {
    try {
      own.kill(isForeground ? pid : -pid, name);
    } catch {
      // Nobody is left in it.
    }
  };
  const said = keepTail([child.stdout, child.stderr]);
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once('exit', (code, signal) => resolve(endOf(code, signal)));
  }).then(async (end) => {
    // Its last words may still be in the pipe; whoever is left in the group must not hold them back.
    if (!isForeground) kill('SIGKILL');
    unwatch();
    await settled(child, 500);
    return end;
  });
  return { pid, ended, said, kill, end: (graceMs) => endGroup(what, { ended, kill }, graceMs) };
}

async function endGroup(
  what: string,
  { ended, kill }: Pick<RunningProgram, 'ended' | 'kill'>,
  graceMs: number,
): Promise<void> {
  kill('SIGTERM');
  if (await settled(ended, graceMs)) return;
  kill('SIGKILL');
  if (await settled(ended, DEATH_WITHIN_MS)) return;
  throw new InfraError(`${what}: it does not die`, { hint: 'look at the state of the process: D waits for a device' });
}

async function settled(work: Promise<unknown>, withinMs: number): Promise<boolean> {
  using bound = deadline(withinMs, undefined, () => new Error('too late'));
  return await settle(work, bound.signal).then(
    () => true,
    () => false,
  );
}

function keepTail(streams: readonly (NodeJS.ReadableStream | null)[]): () => string {
  let text = '';
  for (const stream of streams) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('utf8')).slice(-KEPT_BYTES);
    });
  }
  return () => text;
}
