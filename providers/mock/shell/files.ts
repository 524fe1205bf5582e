import type { Call } from './environment.ts';
import { mayRead } from './permission.ts';
import { resolvePath } from './tree.ts';

/** A file's text, or why a program cannot have it, in the words of the C library. */
export function readFile(path: string, { shell }: Call): { readonly text: string } | { readonly problem: string } {
  const { tree } = shell.machine;
  const place = resolvePath(path, shell.cwd);
  if (place === '/dev/null') return { text: '' };
  const entry = tree.entry(place);
  if (entry === undefined) return { problem: 'No such file or directory' };
  if (entry.kind === 'directory') return { problem: 'Is a directory' };
  if (!mayRead(entry, shell.user)) return { problem: 'Permission denied' };
  // What a device would give is physics of its own; a plain read of one ends at once.
  if (entry.kind === 'link') return { problem: 'No such file or directory' };
  return entry.kind === 'device' ? { problem: 'Invalid argument' } : { text: entry.content };
}

/** One input of a text program. */
export interface Input {
  /** Undefined for the standard input. */
  readonly path: string | undefined;
  readonly text: string;
}

/** Reads the named files, or the standard input when there are none or for `-`. Trouble is told and leaves a gap. */
export async function readInputs(paths: readonly string[], call: Call): Promise<{ inputs: Input[]; failed: boolean }> {
  if (paths.length === 0) return { inputs: [{ path: undefined, text: await call.stdin() }], failed: false };
  const inputs: Input[] = [];
  let failed = false;
  for (const path of paths) {
    if (path === '-') {
      inputs.push({ path: undefined, text: await call.stdin() });
      continue;
    }
    const found = readFile(path, call);
    if ('text' in found) inputs.push({ path, text: found.text });
    else {
      failed = true;
      const isEnd = call.name === 'head' || call.name === 'tail';
      call.err(`${call.name}: ${isEnd ? `cannot open '${path}' for reading` : path}: ${found.problem}\n`);
    }
  }
  return { inputs, failed };
}

/** The lines of a text without their ends. */
export function lineList(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}
