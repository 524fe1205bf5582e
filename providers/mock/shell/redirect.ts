import type { Machine, Streams } from './environment.ts';
import type { Redirection, Word } from './syntax.ts';
import { resolvePath } from './tree.ts';

interface Surroundings {
  readonly machine: Machine;
  readonly cwd: string;
  readonly expand: (word: Word) => Promise<string>;
}

/** Streams with redirections applied, or why they cannot be. */
export type Redirected = Streams | { readonly problem: string };

/** Applies redirections from left to right. Files can be read; where the machine's tree cannot be written, only /dev/null and the terminal can be. */
export async function redirected(
  redirections: readonly Redirection[],
  streams: Streams,
  { machine, cwd, expand }: Surroundings,
): Promise<Redirected> {
  let { stdin, out, err } = streams;
  for (const redirection of redirections) {
    if (redirection.kind === 'copy') {
      const source = redirection.of === 1 ? out : err;
      if (redirection.descriptor === 1) out = source;
      else err = source;
      continue;
    }
    const text = await expand(redirection.kind === 'here' ? redirection.content : redirection.target);
    if (redirection.kind === 'here') {
      stdin = async () => text;
    } else if (redirection.descriptor === 0) {
      const content = readable(text, resolvePath(text, cwd), machine);
      if ('problem' in content) return content;
      stdin = async () => content.text;
    } else {
      const sink = writable(text, streams) ?? fileSink(resolvePath(text, cwd), machine, redirection.append);
      if (typeof sink === 'string') return { problem: `${text}: ${sink}` };
      if (redirection.descriptor !== 2) out = sink;
      if (redirection.descriptor !== 1) err = sink;
    }
  }
  return { stdin, out, err };
}

function readable(name: string, path: string, { tree }: Machine): { text: string } | { problem: string } {
  if (path === '/dev/null') return { text: '' };
  const entry = tree.entry(path);
  if (entry?.kind === 'text') return { text: entry.content };
  if (entry === undefined) return { problem: `${name}: No such file or directory` };
  return { problem: `${name}: ${entry.kind === 'directory' ? 'Is a directory' : 'Permission denied'}` };
}

/** What writes to a file, or why it cannot be written. */
function fileSink(path: string, { tree }: Machine, append: boolean): ((text: string) => void) | string {
  const { write } = tree;
  if (write === undefined) return 'Read-only file system';
  const entry = tree.entry(path);
  if (entry?.kind === 'directory') return 'Is a directory';
  if (tree.entry(path.replace(/\/[^/]*$/, '') || '/')?.kind !== 'directory') return 'No such file or directory';
  let content = append && entry?.kind === 'text' ? entry.content : '';
  write(path, content);
  return (text) => {
    content += text;
    write(path, content);
  };
}

function writable(path: string, streams: Streams): ((text: string) => void) | undefined {
  if (path === '/dev/null') return () => {};
  if (path === '/dev/stdout' || path === '/dev/tty') return streams.out;
  return path === '/dev/stderr' ? streams.err : undefined;
}
