import type { Readable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import { freshShell, type Machine, type Program } from '../../shell/environment.ts';
import { runWords } from '../../shell/interpret.ts';
import { findProgram } from '../../shell/programs.ts';
import { writableTree } from '../../shell/tree.ts';
import type { ExecHandler } from './program.ts';

/** A container as the programs in it see it. */
export interface ContainerSystem {
  readonly hostname: string;
  readonly kernel: Machine['kernel'];
  readonly clock: Clock;
  readonly user: string;
  /** Its files at this moment, by absolute path. */
  readonly texts?: () => Readonly<Record<string, string>>;
  /** Programs that only this container has. */
  readonly programs?: Readonly<Record<string, Program>>;
}

/** Killed by SIGKILL, as shells count it. */
const KILLED = 137;

/** Commands of a shell that are files as well. */
const ALSO_FILES = new Set(['echo', 'printf', 'test', '[', 'true', 'false', 'pwd']);

/** Answers execs with the ordinary programs (cat, grep, sh -c …) over the container's files, and with its own. */
export function containerShell(container: ContainerSystem): ExecHandler {
  return async (command, { stdin, stdout, stderr, signal }) => {
    const machine = machineOf(container);
    const [name = ''] = command;
    const builtin = ALSO_FILES.has(name.replace(/^\/(?:usr\/)?bin\//, ''));
    if (!builtin && findProgram(name, machine) === undefined) return undefined;
    const words = builtin ? [name.replace(/^.*\//, ''), ...command.slice(1)] : command;
    let given: Promise<string> | undefined;
    try {
      return await runWords(words, freshShell(machine, { user: container.user, signal, self: 'sh: line 1' }), {
        stdin: () => {
          given ??= everything(stdin, signal);
          return given;
        },
        out: (text) => void stdout.write(text),
        err: (text) => void stderr.write(text),
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      return KILLED;
    }
  };
}

function machineOf({ hostname, kernel, clock, texts, programs = {} }: ContainerSystem): Machine {
  return {
    hostname,
    kernel,
    groups: [],
    tree: writableTree(texts?.() ?? {}),
    programs,
    now: () => clock.now(),
    sleep: (ms, until) => clock.sleep(ms, until),
  };
}

async function everything(stdin: Readable, signal: AbortSignal): Promise<string> {
  let text = '';
  const stop = () => stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin) text += String(chunk);
  } catch {
    // The client has gone.
  }
  signal.removeEventListener('abort', stop);
  return text;
}
