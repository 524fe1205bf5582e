import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { SshTarget } from '../../harness/model/host.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { programPath } from '../programs.ts';
import { startSshd } from './sshd.ts';

/** A real sshd that listens by itself, as on a node: it can be killed with all its sessions, and started again. */
export interface ListeningSshd {
  readonly port: number;
  readonly folder: string;
  target(changes?: Partial<SshTarget>): SshTarget;
  log(): string;
  /** Processes that serve a connection now. */
  sessions(): readonly number[];
  /** Kills the listener and the process of every session at once. */
  kill(): Promise<void>;
  /** Starts the listener again, on the same port; resolves when it answers. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts `sshd -D` on a free loopback port. */
export async function startListeningSshd(config: readonly string[] = []): Promise<ListeningSshd> {
  const files = await startSshd(config);
  const port = await freePort();
  const logFile = join(files.folder, 'listener.log');
  const knownHosts = join(files.folder, 'known_hosts_listener');
  writeFileSync(logFile, '');
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${readFileSync(files.hostKeys.ed25519, 'utf8')}`);
  const args = ['-D', '-p', `${port}`, '-f', join(files.folder, 'sshd_config'), '-E', logFile];
  const spawnOne = () => spawn(programPath('sshd') ?? 'sshd', args, { stdio: 'ignore' });
  let listener = spawnOne();
  await answers(port);
  const kill = async () => {
    if (listener.exitCode !== null || listener.signalCode !== null) return;
    const gone = new Promise((resolve) => listener.once('exit', resolve));
    // Those of the sessions are its children.
    const sessions = childrenOf(listener.pid);
    listener.kill('SIGKILL');
    for (const pid of sessions) endProcess(pid);
    await gone;
  };
  return {
    port,
    folder: files.folder,
    target: (changes) => files.target({ port, hostKeys: { knownHostsFiles: [knownHosts] }, ...changes }),
    log: () => readFileSync(logFile, 'utf8'),
    sessions: () => childrenOf(listener.pid),
    kill,
    async start() {
      listener = spawnOne();
      await answers(port);
    },
    async close() {
      await kill();
      await files.close();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<void> {
  const scope = openScope(() => {});
  await until(`sshd to listen on port ${port}`, { scope, withinMs: 20_000, everyMs: 20, blame: 'infra' }, async () => {
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    return isThere ? { done: true, value: undefined } : { done: false, saw: 'connection refused' };
  });
}

function childrenOf(pid: number | undefined): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    // It has ended.
    return [];
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
