import { readdirSync, readFileSync } from 'node:fs';

/** A process that came from another, with all that it ever showed to whoever may look. */
export interface Descendant {
  readonly pid: number;
  /** Every command line that was seen, with its environment: a process changes both when it starts a program. */
  readonly guises: ReadonlyMap<string, string>;
}

/** Follows all that starts from now on. */
export interface Pedigree {
  /** The root and every process that came from it, the dead too. */
  seen(): readonly Descendant[];
  stop(): void;
}

const EVERY_MS = 8;

/**
 * Looks into /proc again and again. Who came from the root is known for good: its own children count when it has died,
 * and so do those that have left its session. `onLook` is called with every look.
 */
export function followDescendants(root: number, onLook: () => void = () => {}): Pedigree {
  const known = new Map<number, Map<string, string>>();
  const strangers = new Set<number>();
  known.set(root, new Map());
  const look = () => {
    const living = pids();
    for (const pid of living) {
      if (known.has(pid) || strangers.has(pid)) continue;
      const parent = parentOf(pid);
      if (parent === undefined) continue;
      if (known.has(parent)) known.set(pid, new Map());
      else strangers.add(pid);
    }
    for (const [pid, guises] of known) {
      const argv = read(`/proc/${pid}/cmdline`);
      if (argv === '' || guises.has(argv)) continue;
      const environment = read(`/proc/${pid}/environ`);
      // It may just have started a program: the next look sees both of them.
      if (read(`/proc/${pid}/cmdline`) === argv) guises.set(argv, environment);
    }
    onLook();
  };
  // Those that were there before are no descendants, whatever their number.
  for (const pid of pids()) if (pid !== root && parentOf(pid) !== root) strangers.add(pid);
  look();
  const looking = setInterval(look, EVERY_MS);
  return {
    seen: () => [...known].map(([pid, guises]) => ({ pid, guises })),
    stop() {
      look();
      clearInterval(looking);
    },
  };
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((one, other) => one - other);
}

function parentOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === '') return undefined;
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
