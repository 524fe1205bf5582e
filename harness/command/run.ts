import type { Readable } from 'node:stream';
import { execa, type ResultPromise } from 'execa';
import { InfraError } from '../errors/errors.ts';
import type { Environment, OwnProcess } from '../model/own-process.ts';
import { spokenTime } from '../model/spoken-time.ts';
import { deadline } from '../scope/deadline.ts';
import { endOf, type ProgramEnd } from './program-end.ts';
import { explainStart } from './start-failure.ts';
import { tailOf } from './tail.ts';

/** A local program: words, no shell. Arguments are visible to everybody on the machine, so no secret is among them. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

/** Bounds of a local program, and all that it gets to see. */
export interface ProgramOptions {
  readonly own: Pick<OwnProcess, 'kill'>;
  /** The whole environment of the program: nothing is added. */
  readonly environment: Environment;
  /** Ends the program early; its reason is what the call rejects with. */
  readonly signal: AbortSignal;
  readonly withinMs: number;
  readonly stdin?: string | Buffer;
  /** Limit of stdout and stderr together; more is an InfraError. Default 4 MiB. */
  readonly maxBytes?: number;
  readonly cwd?: string;
  /** From SIGTERM to SIGKILL, and what leftover children may hold the output open; default 500 ms. */
  readonly graceMs?: number;
  /** What it is done for, in errors; default the program and its first words. */
  readonly what?: string;
  /** True for a program that prints secrets: what it writes to its standard output is never repeated in an error. */
  readonly isSecret?: boolean;
}

/** How a local program ended, and what it said. */
export interface ProgramResult extends ProgramEnd {
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_BYTES = 4 * 1024 * 1024;
const GRACE_MS = 500;

/**
 * Runs a local program to its end, whatever its exit status. It leads a process group of its own that is ended as a
 * whole: when this settles, nothing of the group is left.
 * @throws InfraError when it cannot be started, is too slow or too talkative, with the end of what it said.
 */
export async function runProgram(program: Program, options: ProgramOptions): Promise<ProgramResult> {
  const { own, signal, withinMs, maxBytes = MAX_BYTES, graceMs = GRACE_MS } = options;
  const what = options.what ?? brief(program);
  signal.throwIfAborted();
  const child = start(program, options);
  const { pid } = child;
  if (pid === undefined) throw explainStart(await child, what, options.cwd);
  const onTooMuch = () => stopping.abort(new InfraError(talkative(what, maxBytes)));
  const output = collect(child, { maxBytes, onTooMuch, isSecret: options.isSecret === true });
  const late = () => new InfraError(`${what}: not done within ${spokenTime(withinMs)}${output.tail()}`);
  const stopping = new AbortController();
  using bound = deadline(withinMs, signal, late);
  const stop = AbortSignal.any([bound.signal, stopping.signal]);
  const ending = endGroup({ own, child, pid, graceMs, stop });
  try {
    const { exitCode, signal: signalName } = await child;
    if (stop.aborted) throw stop.reason;
    return { ...endOf(exitCode, signalName), ...output.text() };
  } finally {
    ending[Symbol.dispose]();
  }
}

/** The standard output of a program that has to succeed. @throws InfraError with its exit status and its last words. */
export async function outputOf(program: Program, options: ProgramOptions): Promise<string> {
  const { code, stdout, stderr } = await runProgram(program, options);
  if (code === 0) return stdout;
  const words = tailOf(stderr) || (options.isSecret === true ? '' : tailOf(stdout));
  const said = words === '' ? 'and said nothing' : `and said: ${words}`;
  throw new InfraError(`${options.what ?? brief(program)}: ended with exit status ${code} ${said}`);
}

function start({ file, args }: Program, { environment, cwd, stdin }: ProgramOptions) {
  return execa(file, [...args], {
    env: environment,
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    ...(stdin === undefined ? { stdin: 'ignore' as const } : { input: stdin }),
    // execa's own timeout, signal and limit end only the program itself, and wait for whatever it has started.
    detached: true,
    buffer: false,
    cleanup: false,
    reject: false,
  });
}

type Child = ReturnType<typeof start> & ResultPromise;

interface Output {
  text(): { readonly stdout: string; readonly stderr: string };
  /** The end of what was said, to follow the words of an error. */
  tail(): string;
}

interface Collecting {
  readonly maxBytes: number;
  readonly onTooMuch: () => void;
  readonly isSecret: boolean;
}

function collect(child: Pick<Child, 'stdout' | 'stderr'>, { maxBytes, onTooMuch, isSecret }: Collecting): Output {
  let bytes = 0;
  const keep = (stream: Readable | null) => {
    const chunks: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else onTooMuch();
    });
    return () => Buffer.concat(chunks).toString();
  };
  const [stdout, stderr] = [keep(child.stdout), keep(child.stderr)];
  return {
    text: () => ({ stdout: stdout(), stderr: stderr() }),
    tail() {
      const words = tailOf(stderr()) || (isSecret ? '' : tailOf(stdout()));
      return words === '' ? '; it said nothing' : `; it said: ${words}`;
    },
  };
}

interface Group {
  readonly own: Pick<OwnProcess, 'kill'>;
  readonly child: Pick<Child, 'stdout' | 'stderr' | 'once'>;
  readonly pid: number;
  readonly graceMs: number;
  readonly stop: AbortSignal;
}

/** Ends the group when it must stop, and whatever the program leaves behind in it when it has ended by itself. */
function endGroup({ own, child, pid, graceMs, stop }: Group): Disposable {
  const timers: NodeJS.Timeout[] = [];
  const kill = (name: NodeJS.Signals) => {
    try {
      own.kill(-pid, name);
    } catch {
      // Nobody is left in it.
    }
  };
  const onStop = () => {
    kill('SIGTERM');
    timers.push(setTimeout(() => kill('SIGKILL'), graceMs));
  };
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });
  child.once('exit', () => {
    kill('SIGKILL');
    // Who has left the group, a daemon, may hold the output open for ever.
    timers.push(
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, graceMs),
    );
  });
  return {
    [Symbol.dispose]() {
      stop.removeEventListener('abort', onStop);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function brief({ file, args }: Program): string {
  const words = [file, ...args].join(' ');
  return words.length > 80 ? `${words.slice(0, 77)}...` : words;
}

function talkative(what: string, maxBytes: number): string {
  return `${what}: more than ${maxBytes} bytes of output`;
}
