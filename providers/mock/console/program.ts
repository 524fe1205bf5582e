/** What a program of the guest leaves behind. */
export interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

/** What programs may ask of the guest that they run in. */
export interface GuestSystem {
  readonly hostname: string;
  readonly kernelRelease: string;
  /** As `uname -v` has it. */
  readonly kernelVersion: string;
  /** The kernel's ring buffer, one message a line, with the stamps in brackets. */
  kernelLog(): string;
  /** A file's content; undefined when there is none. */
  file(path: string): string | undefined;
}

/** One call: who runs it, from where, what comes in, and whether what comes out goes to the terminal. */
export interface CallContext {
  readonly system: GuestSystem;
  readonly user: string;
  readonly cwd: string;
  readonly stdin: string;
  readonly toTerminal: boolean;
}

/** A program of the guest. */
export type Program = (args: readonly string[], context: CallContext) => Outcome;

/** A program that did what it was asked. */
export const ok = (out: string): Outcome => ({ out, err: '', status: 0 });

/** A program that complains. */
export const bad = (err: string, status = 1): Outcome => ({ out: '', err, status });

/** Prints files one after the other, or its input when there are none. */
export function cat(args: readonly string[], { system, stdin, user }: CallContext): Outcome {
  const paths = args.filter((arg) => !arg.startsWith('-'));
  if (paths.length === 0) return ok(stdin);
  let out = '';
  let err = '';
  for (const path of paths) {
    const content = system.file(path);
    if (content === undefined) err += `cat: ${path}: No such file or directory\n`;
    else if (path.startsWith('/sys/kernel/debug') && user !== 'root') err += `cat: ${path}: Permission denied\n`;
    else out += content;
  }
  return { out, err, status: err === '' ? 0 : 1 };
}

/** The lines of a text, without an empty one after the last line feed. */
export function lineList(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}
