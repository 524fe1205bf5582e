import type { Command } from './syntax.ts';
import type { FileTree } from './tree.ts';

/** The machine that a shell runs on, as it is at this moment. */
export interface Machine {
  readonly hostname: string;
  readonly kernel: { readonly release: string; readonly version: string };
  /** Groups of a plain user beside its own, as `id` shows them: `10(wheel)`. */
  readonly groups: readonly string[];
  readonly tree: FileTree;
  /** What this machine has of its own; goes before the ordinary programs. */
  readonly programs: Readonly<Record<string, Program>>;
  readonly now: () => Date;
  /** The output that is a terminal, where there is one. */
  readonly terminal?: Streams['out'];
  /** Waits for so many simulated milliseconds, or until the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Where a command's bytes come from and go to. */
export interface Streams {
  readonly stdin: () => Promise<string>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What a shell remembers from one command to the next. A subshell works on a copy. */
export interface Shell {
  readonly machine: Machine;
  /** Who complains: `bash: line 1`, or only `bash` at a terminal. */
  readonly self: string;
  /** Aborts what runs at this moment. */
  signal: AbortSignal;
  user: string;
  cwd: string;
  status: number;
  readonly variables: Map<string, string>;
  readonly functions: Map<string, Command>;
  positional: readonly string[];
  /** Functions and shells within each other. */
  depth: number;
  readonly options: Set<string>;
}

/** One call of a program or builtin. */
export interface Call extends Streams {
  readonly name: string;
  readonly args: readonly string[];
  readonly shell: Shell;
  /** Runs another command with these streams, e.g. for sudo or xargs. */
  readonly run: (words: readonly string[], shell: Shell, streams: Streams) => Promise<number>;
  /** Runs a script, e.g. for `sh -c`. */
  readonly script: (text: string, shell: Shell, streams: Streams) => Promise<number>;
}

/** A program: prints, and gives its exit status. */
export type Program = (call: Call) => number | Promise<number>;

/** A shell that has just started, in its user's home. */
export function freshShell(machine: Machine, { user, signal, self }: Pick<Shell, 'user' | 'signal' | 'self'>): Shell {
  return {
    machine,
    self,
    signal,
    user,
    cwd: homeOf(user),
    status: 0,
    variables: new Map(),
    functions: new Map(),
    positional: [],
    depth: 0,
    options: new Set(),
  };
}

/** Home directory of a user. */
export function homeOf(user: string): string {
  return user === 'root' ? '/root' : `/home/${user}`;
}

/** A copy of a shell that cannot change the original. */
export function subshell(shell: Shell): Shell {
  return {
    ...shell,
    variables: new Map(shell.variables),
    functions: new Map(shell.functions),
    options: new Set(shell.options),
  };
}
