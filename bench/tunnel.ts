import { mkdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { longPath, loopback, type Path } from './path.ts';
import { judge, machine, page, type Results, rounded } from './print.ts';
import type { Measured } from './rows.ts';
import { measureOver } from './sides.ts';

const FULL = { rounds: 5, recoveries: 3 };
const QUICK = { rounds: 2, recoveries: 1 };
/** For each path; a run that hangs ends. */
const WITHIN_MS = { full: 400_000, quick: 120_000 };

/**
 * Reaches one API server through one real sshd by the lane's own connection, by `ssh -N -L`, by sshuttle where it can
 * run, and directly, turn by turn in the same run, on loopback and over a path of 20 ms. Prints the ratios beside
 * their targets, and writes them to bench/results/. `--quick` measures less, and says so.
 */
async function main(): Promise<void> {
  const isQuick = process.argv.includes('--quick');
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => stop.abort(new Error(`stopped by ${name}`)));
  const measured: Measured[] = [];
  const skipped: string[] = [];
  const paths: Results['paths'][number][] = [];
  for (const open of [async () => loopback(), longPath]) {
    let path: Path;
    try {
      path = await open();
    } catch (error) {
      skipped.push(`the path of 20 ms: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
      continue;
    }
    try {
      const over = await measureOver(path, isQuick ? QUICK : FULL, {
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(isQuick ? WITHIN_MS.quick : WITHIN_MS.full)]),
        tell,
      });
      measured.push(over);
      skipped.push(...over.skipped);
      paths.push({ name: path.name, made: path.made, roundTripMs: rounded(over.roundTripMs) });
    } finally {
      await path.close();
    }
  }
  tell('');
  const results: Results = {
    date: new Date().toISOString(),
    machine: machine(),
    isQuick,
    paths,
    rows: measured.flatMap(judge),
    skipped,
    samples: Object.fromEntries(measured.map(({ path, samples }) => [path, rounding(samples)])),
  };
  process.stdout.write(page(results));
  write(results);
}

function write(results: Results): void {
  const folder = fileURLToPath(new URL('../../bench/results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${results.date.slice(0, 10)}.json`, `${JSON.stringify(results, undefined, 1)}\n`);
  writeFileSync(`${folder}latest.md`, page(results));
  process.stdout.write('written to bench/results/\n');
}

function rounding(samples: Measured['samples']): Measured['samples'] {
  return JSON.parse(JSON.stringify(samples), (_key, value) => (typeof value === 'number' ? rounded(value) : value));
}

/** One line that is written over, on a terminal. */
function tell(words: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${words}`);
  else if (words !== '') process.stderr.write(`${words}\n`);
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`\nthe benchmark ended early: ${error.message}\n`);
    process.exit(1);
  },
);
