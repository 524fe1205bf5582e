import { readdirSync, readFileSync } from 'node:fs';

/** A process as the system shows it. */
export interface Seen {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** Living processes that have this word in their arguments or their environment; zombies do not live. */
export function processesWith(word: string): readonly Seen[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const argv = read(`/proc/${name}/cmdline`).split('\0');
      const shown = `${argv.join(' ')}\0${read(`/proc/${name}/environ`)}`;
      return shown.includes(word) && !isZombie(name) ? [{ pid: Number(name), argv }] : [];
    });
}

function isZombie(pid: string): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' || /^\) [ZX] /.test(stat.slice(stat.lastIndexOf(')')));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
