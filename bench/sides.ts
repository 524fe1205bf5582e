import { type ChildProcess, spawn } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { FarSide } from './far-side.ts';
import type { Task, Word } from './near-side.ts';
import type { Path } from './path.ts';
import type { Amount, Measured, WayName } from './rows.ts';

/** Whom to listen to and whom to tell. */
export interface Watcher {
  readonly signal: AbortSignal;
  tell(words: string): void;
}

const GONE_WITHIN_MS = 10_000;

/** Starts a process on each side of the path, lets the near one measure, and ends both whatever happens. */
export async function measureOver(path: Path, amount: Amount, { signal, tell }: Watcher): Promise<Measured> {
  signal.throwIfAborted();
  const far = start([...path.far], 'far-side.js', [path.address, ...(path.beyond === undefined ? [] : [path.beyond])]);
  const near = start([...path.near], 'near-side.js', []);
  const ends = [far, near].map((child) => new Promise<void>((resolve) => child.once('exit', () => resolve())));
  try {
    return await new Promise<Measured>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      for (const [side, child] of Object.entries({ near, far })) {
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`the ${side} side ended with ${code}`)));
      }
      far.on('message', (word: { readonly far: FarSide } | { readonly failed: string } | 'done') => {
        if (word === 'done') return void near.send('struck');
        if ('failed' in word) return reject(new Error(word.failed));
        // sshuttle is for a network that has no other way: on loopback there is none.
        const others: WayName[] = path.beyond === undefined ? [] : ['sshuttle'];
        const ways: WayName[] = ['direct', 'ssh -L', 'lane', ...others];
        near.send({ far: word.far, path: path.name, amount, ways } satisfies Task);
      });
      near.on('message', (word: Word) => {
        if ('at' in word) tell(word.at);
        else if ('strike' in word) far.send(word.strike);
        else if ('failed' in word) reject(new Error(word.failed));
        else resolve(word.measured);
      });
    });
  } finally {
    for (const child of [near, far]) {
      if (child.connected) child.disconnect();
    }
    const timer = setTimeout(() => {
      near.kill('SIGKILL');
      far.kill('SIGKILL');
    }, GONE_WITHIN_MS);
    await Promise.all(ends);
    clearTimeout(timer);
  }
}

function start(prefix: readonly string[], file: string, args: readonly string[]): ChildProcess {
  const [program = execPath, ...before] = [...prefix, execPath];
  const script = fileURLToPath(new URL(file, import.meta.url));
  return spawn(program, [...before, script, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}
