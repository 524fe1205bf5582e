import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { programPath } from '../test/programs.ts';
import type { PathName } from './rows.ts';
import { ended } from './ways.ts';

/** Where the two sides live. */
export interface Path {
  readonly name: PathName;
  /** Of the node's side, as this side reaches it. */
  readonly address: string;
  /** An address that only sshuttle leads to; absent where it cannot run. */
  readonly beyond?: string;
  /** What delays the packets. */
  readonly made: string;
  /** Put before a command so that it runs on that side. */
  readonly near: readonly string[];
  readonly far: readonly string[];
  close(): Promise<void>;
}

const NEAR = '10.77.0.1';
const FAR = '10.77.0.2';
const BEYOND = '10.77.9.1';
const DEVICE = 'line';
const ONE_WAY_MS = 10;
const PREFIX = 'sevlane-bench-';

export function loopback(): Path {
  return { name: 'loopback', address: '127.0.0.1', made: 'loopback', near: [], far: [], close: async () => {} };
}

/**
 * Two network namespaces with a round trip of 20 ms between them: netem where the kernel has it, else two TUN devices
 * joined by a relay. @throws Error that says what is missing.
 */
export async function longPath(): Promise<Path> {
  if (process.getuid?.() !== 0) throw new Error('network namespaces need root');
  if (programPath('ip') === undefined) throw new Error('ip is not installed');
  sweep();
  const [near, far] = [`${PREFIX}${process.pid}-near`, `${PREFIX}${process.pid}-far`];
  let relay: ChildProcess | undefined;
  const close = async () => {
    if (relay !== undefined) await ended(relay);
    for (const name of [near, far]) attempt(() => ip('netns', 'del', name));
  };
  try {
    for (const name of [near, far]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    let made = 'netem';
    if (!attempt(() => netem(near, far))) {
      relay = await tunPair(near, far);
      made = 'two TUN devices joined by a delaying relay';
    }
    for (const [name, address] of [
      [near, NEAR],
      [far, FAR],
    ] as const) {
      ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', DEVICE);
      ip('-n', name, 'link', 'set', DEVICE, 'up');
      ip('-n', name, 'route', 'add', 'default', 'dev', DEVICE);
    }
    ip('-n', far, 'addr', 'add', `${BEYOND}/32`, 'dev', 'lo');
    const into = (name: string) => [programPath('ip') ?? 'ip', 'netns', 'exec', name];
    return { name: '20 ms', address: FAR, beyond: BEYOND, made, near: into(near), far: into(far), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function netem(near: string, far: string): void {
  ip('-n', near, 'link', 'add', DEVICE, 'type', 'veth', 'peer', 'name', DEVICE, 'netns', far);
  const tc = programPath('tc') ?? 'tc';
  const delay = ['root', 'netem', 'delay', `${ONE_WAY_MS}ms`, 'limit', '100000'];
  try {
    for (const name of [near, far]) run(tc, ['-n', name, 'qdisc', 'add', 'dev', DEVICE, ...delay]);
  } catch (error) {
    ip('-n', near, 'link', 'del', DEVICE);
    throw error;
  }
}

async function tunPair(near: string, far: string): Promise<ChildProcess> {
  const python = programPath('python3');
  if (python === undefined) throw new Error('there is neither netem nor python3 for a relay');
  if (!existsSync('/dev/net/tun')) throw new Error('there is neither netem nor /dev/net/tun');
  // The script stays beside the sources: the compiler does not move it.
  const script = fileURLToPath(new URL('../../bench/line.py', import.meta.url));
  const relay = spawn(python, [script, near, far, DEVICE, String(ONE_WAY_MS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    relay.once('error', reject);
    relay.once('exit', () => reject(new Error('the relay between the TUN devices ended')));
    relay.stdout?.once('data', () => resolve());
  });
  return relay;
}

/** What a benchmark that was killed left behind. */
function sweep(): void {
  for (const line of run(programPath('ip') ?? 'ip', ['netns', 'list']).split('\n')) {
    const [name = ''] = line.split(' ');
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (pid > 0 && !attempt(() => process.kill(pid, 0))) attempt(() => ip('netns', 'del', name));
  }
}

function ip(...args: readonly string[]): void {
  run(programPath('ip') ?? 'ip', args);
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'pipe'] });
}

function attempt(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
