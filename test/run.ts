/**
 * `npm test`: all test files, several side by side, then those that count or time what a busy machine would change, one
 * after the other. Words of mocha's command line are handed on; the exit code is the worse of both parts.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/**
 * Count the requests of a run in which nothing is cut, kill sshd a given number of times within one run, or keep several
 * hosts busy by themselves.
 */
const ALONE = ['requests.test.js', 'kills.test.js', 'kill-matrix.test.js'];
/** Drive whole runs in other processes, and take longest: what takes long begins first. */
const LONG = 'e2e';

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.js'));
const sideBySide = files.filter((file) => !ALONE.includes(basename(file)));
const alone = files.filter((file) => ALONE.includes(basename(file)));
const first = (file: string) => (file.startsWith(LONG) ? 0 : 1);
sideBySide.sort((one, other) => first(one) - first(other) || one.localeCompare(other));

// Each waits for other processes half of its time.
const jobs = String(availableParallelism() + 1);
const codes = [await mocha(sideBySide, ['--parallel', '--jobs', jobs]), await mocha(alone, [])];
process.exitCode = Math.max(...codes);

async function mocha(of: readonly string[], words: readonly string[]): Promise<number> {
  const paths = of.map((file) => join(folder, file));
  const { exitCode = 1 } = await execa('mocha', [...words, ...process.argv.slice(2), ...paths], {
    preferLocal: true,
    stdio: 'inherit',
    reject: false,
  });
  return exitCode;
}
