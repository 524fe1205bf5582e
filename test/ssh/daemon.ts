import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { SshTarget } from '../../harness/model/host.ts';
import { programPath } from '../programs.ts';
import { type Sshd, startSshd } from './sshd.ts';

/** A real sshd with a listener process of its own, which can be killed with all its sessions and started again. */
export interface SshDaemon extends Pick<Sshd, 'keyFile' | 'knownHosts' | 'log'> {
  readonly port: number;
  target(changes?: Partial<SshTarget>): SshTarget;
  /** Processes that serve a connection now. */
  sessions(): readonly number[];
  /** Kills the listener and every process that serves a session, as a reset of the machine would. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Sessions that were let in so far, by the daemon's own log. */
  accepted(): number;
  /** Processes that were killed while they served a session, and that the daemon's own log names. */
  killedPids(): readonly number[];
  close(): Promise<void>;
}

export async function startSshDaemon(config: readonly string[] = []): Promise<SshDaemon> {
  // Its keys and its configuration serve here; its own listener is not used.
  const files = await startSshd(config);
  const port = await freePort();
  const knownHosts = join(files.folder, 'known_hosts_daemon');
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${readFileSync(files.hostKeys.ed25519, 'utf8')}`);
  const program = programPath('sshd') ?? '/usr/sbin/sshd';
  // At this level the listener names the process of each session.
  const args = [
    '-D',
    '-o',
    'LogLevel=DEBUG1',
    '-f',
    join(files.folder, 'sshd_config'),
    '-E',
    join(files.folder, 'log'),
  ];
  const killed: number[] = [];
  let listener: ChildProcess | undefined;
  const daemon: SshDaemon = {
    port,
    keyFile: files.keyFile,
    knownHosts,
    log: files.log,
    target: (changes) => files.target({ port, hostKeys: { knownHostsFiles: [knownHosts] }, ...changes }),
    sessions: () => (listener?.pid === undefined ? [] : descendants(listener.pid)),
    accepted: () => [...files.log().matchAll(/^Accepted publickey /gm)].length,
    killedPids() {
      const forked = new Set([...files.log().matchAll(/Forked child (\d+)\./g)].map((match) => Number(match[1])));
      return killed.filter((pid) => forked.has(pid));
    },
    async start() {
      listener = spawn(program, [...args, '-o', `ListenAddress=127.0.0.1:${port}`], { stdio: 'ignore' });
      while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async kill() {
      if (listener?.pid === undefined) return;
      const gone = once(listener, 'exit');
      const sessions = descendants(listener.pid);
      killed.push(...sessions);
      for (const pid of [listener.pid, ...sessions]) end(pid);
      await gone;
      listener = undefined;
    },
    async close() {
      await daemon.kill();
      await files.close();
    },
  };
  await daemon.start();
  return daemon;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return await new Promise((resolve) => {
    socket.once('data', () => resolve(true)).once('error', () => resolve(false));
  }).then((value) => {
    socket.destroy();
    return value === true;
  });
}

/** Sessions leave the process group of their listener, so they are found by their parents. */
function descendants(of: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1];
      parents.set(Number(name), Number(parent));
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (pid: number): readonly number[] =>
    [...parents].filter(([, parent]) => parent === pid).flatMap(([child]) => [child, ...below(child)]);
  return below(of);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
