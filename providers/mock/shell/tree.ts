import { matchesGlob } from './glob.ts';

/** What a path leads to. */
export type Entry =
  | { readonly kind: 'text'; readonly content: string; readonly mode: number }
  | { readonly kind: 'device'; readonly major: number; readonly minor: number; readonly mode: number }
  /** A symbolic link that leads to no file, such as those of open descriptors in /proc. */
  | { readonly kind: 'link'; readonly target: string; readonly mode: number }
  | { readonly kind: 'directory'; readonly mode: number };

/** The files of a host as its shell sees them; folders are there because something is in them. */
export interface FileTree {
  /** Undefined: there is nothing at this path. The path is absolute and without `.` and `..`. */
  entry(path: string): Entry | undefined;
  /** Names in a folder, sorted. */
  names(folder: string): readonly string[];
  /** Sets a file's text; absent where nothing can be written. */
  readonly write?: (path: string, content: string) => void;
}

type Leaf = Exclude<Entry, { readonly kind: 'directory' }>;

/** A tree over a map of files. `change` may replace or remove each text: null is absent. `folders` are there, if empty. */
export function treeOf(
  files: ReadonlyMap<string, Leaf>,
  change: (path: string, content: string | undefined) => string | null | undefined = (_, content) => content,
  folders: readonly string[] = [],
): FileTree {
  const standing = [...ALWAYS_THERE, ...folders];
  const leaf = (path: string): Leaf | undefined => {
    const original = files.get(path);
    const before = original?.kind === 'text' ? original.content : undefined;
    const content = change(path, before);
    if (content === null) return undefined;
    if (content === undefined || content === before) return original;
    return { kind: 'text', content, mode: original?.mode ?? 0o644 };
  };
  const namesIn = (folder: string): readonly string[] => {
    const prefix = folder === '/' ? '/' : `${folder}/`;
    const inside = [...files.keys(), ...standing].filter((path) => path.startsWith(prefix));
    const present = inside.filter((path) => standing.includes(path) || leaf(path) !== undefined);
    return [...new Set(present.map((path) => path.slice(prefix.length).split('/')[0] ?? ''))].sort();
  };
  return {
    entry(path) {
      const found = leaf(path);
      if (found !== undefined) return found;
      const folder = path === '/' || standing.includes(path) || namesIn(path).length > 0;
      return folder ? { kind: 'directory', mode: path === '/root' ? 0o550 : 0o755 } : undefined;
    },
    names: namesIn,
  };
}

/** A tree over texts that can be written; what is written stays as long as the tree. */
export function writableTree(texts: Readonly<Record<string, string>>, folders: readonly string[] = []): FileTree {
  const files = new Map<string, Leaf>([['/dev/null', NULL_DEVICE]]);
  const write = (path: string, content: string) => void files.set(path, { kind: 'text', content, mode: 0o644 });
  for (const [path, content] of Object.entries(texts)) write(path, content);
  return { ...treeOf(files, undefined, folders), write };
}

/** `/dev/null`. */
export const NULL_DEVICE = { kind: 'device', major: 1, minor: 3, mode: 0o666 } as const;

const ALWAYS_THERE = ['/root', '/tmp', '/home', '/var/log', '/usr/bin', '/etc', '/proc', '/sys', '/dev'];

/** Paths that a pattern with `*`, `?` or `[…]` leads to, sorted; empty when there are none. */
export function expandGlob(pattern: string, cwd: string, tree: FileTree): readonly string[] {
  const absolute = pattern.startsWith('/');
  const steps = pattern.split('/').filter((step) => step !== '');
  const found = steps.reduce<readonly string[]>(
    (bases, step) => {
      if (!/[*?[]/.test(step)) return bases.map((base) => join(base, step));
      return bases.flatMap((base) =>
        tree
          .names(base)
          .filter((name) => matchesGlob(step, name))
          .map((name) => join(base, name)),
      );
    },
    [absolute ? '/' : cwd],
  );
  const present = found.filter((path) => tree.entry(path) !== undefined);
  return absolute ? present : present.map((path) => path.slice(cwd === '/' ? 1 : cwd.length + 1));
}

/** An absolute path without `.` and `..`. */
export function resolvePath(path: string, cwd: string): string {
  const steps: string[] = [];
  for (const step of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return `/${steps.join('/')}`;
}

function join(base: string, name: string): string {
  return base === '/' ? `/${name}` : `${base}/${name}`;
}
