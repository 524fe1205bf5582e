import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, get, type RequestOptions } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { type KubeAccess, serverUrl } from '../harness/kube/access.ts';
import { ClusterAgent } from '../harness/kube/agent.ts';
import type { HostPort, SshTarget } from '../harness/model/host.ts';
import { openScope } from '../harness/scope/scope.ts';
import { connectSsh } from '../harness/ssh/client.ts';
import { programPath } from '../test/programs.ts';
import type { FarSide } from './far-side.ts';
import type { WayName } from './rows.ts';

/** An open way to the API server, with connections that are kept. */
export interface Reach {
  readonly name: WayName;
  readonly agent: Agent;
  /** Where the API server seems to be on this way. */
  readonly server: HostPort;
  get(path: string): Promise<IncomingMessage>;
  close(): Promise<void>;
}

/** Opens a way; the first request may have to wait a little. */
export type Opener = (far: FarSide) => Promise<Reach>;

/** Programs that were started and have not ended. */
const running = new Map<ChildProcess, boolean>();

const MAX_SOCKETS = 32;
const OPEN_WITHIN_MS = 20_000;

export const OPENERS: Readonly<Record<WayName, Opener>> = {
  direct: async (far) => reach('direct', far.access, { host: far.direct, port: far.access.server.port }),
  'ssh -L': async (far) => {
    const port = await freePort();
    const child = startSsh(far, port);
    return reach('ssh -L', far.access, { host: '127.0.0.1', port }, () => ended(child));
  },
  lane: async (far) => {
    const scope = openScope(() => {});
    const connection = await connectSsh(scope, targetOf(far));
    const agent = new ClusterAgent(connection, far.access);
    return {
      ...reach('lane', far.access, far.access.server, async () => void (await scope.close()), agent),
    };
  },
  sshuttle: async (far) => {
    const program = programPath('sshuttle');
    if (program === undefined) throw new Error('it is not installed');
    if (programPath('nft') === undefined) throw new Error('it needs nft, which is not installed');
    if (far.beyond === undefined) throw new Error('it needs a network namespace of its own');
    const { port } = far.access.server;
    const child = spawn(program, sshuttleArgs(far, `${far.beyond}/32:${port}`), {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    kept(child, true);
    const end = () => ended(child, true);
    try {
      await said(child, /Connected to server/);
    } catch (error) {
      await end();
      throw error;
    }
    return reach('sshuttle', far.access, { host: far.beyond, port }, end);
  },
};

/** As `ssh` is started for a tunnel, with its defaults; `extra` options go before them. */
export function startSsh(far: FarSide, port: number, extra: readonly string[] = []): ChildProcess {
  const { host, port: apiPort } = far.access.server;
  const forward = ['-N', '-L', `127.0.0.1:${port}:${host}:${apiPort}`];
  return kept(spawn('ssh', [...extra, ...sshArgs(far), ...forward, far.sshd.host], { stdio: 'ignore' }));
}

/** How our own SSH reaches the node. */
export function targetOf({ sshd: { host, port, keyFile, knownHosts } }: FarSide): SshTarget {
  return {
    host,
    port,
    user: userInfo().username,
    auth: [{ kind: 'key', path: keyFile, privateKey: readFileSync(keyFile) }],
    hostKeys: { knownHostsFiles: [knownHosts] },
  };
}

/** One way with its agent; the certificate is checked on each of them. */
export function reach(
  name: WayName,
  access: KubeAccess,
  server: HostPort,
  close: () => Promise<void> = async () => {},
  agent: Agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS }),
): Reach {
  const options: RequestOptions = {
    agent,
    ...server,
    ...(access.ca === undefined ? {} : { ca: access.ca }),
    ...access.clientCertificate,
  };
  return {
    name,
    agent,
    server,
    get: (path) =>
      new Promise((resolve, reject) => {
        get({ ...options, path }, resolve).on('error', reject);
      }),
    async close() {
      agent.destroy();
      await close();
    },
  };
}

/** The first answer; a listener that does not listen yet is asked again at once. */
export async function firstAnswer(way: Reach, path: string): Promise<void> {
  const until = performance.now() + OPEN_WITHIN_MS;
  for (;;) {
    try {
      return void (await drained(await way.get(path)));
    } catch (error) {
      if (performance.now() > until || !isRefused(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

/** Reads an answer to its end. @returns its bytes. */
export async function drained(answer: IncomingMessage): Promise<number> {
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await new Promise((resolve, reject) => answer.once('end', resolve).once('error', reject));
  return bytes;
}

/** Ends every program that runs, when there is no time left for more. */
export function hangUp(): void {
  for (const [child, isLeader] of running) {
    if (child.pid !== undefined) process.kill(isLeader ? -child.pid : child.pid, 'SIGTERM');
  }
}

function kept(child: ChildProcess, isLeader = false): ChildProcess {
  running.set(child, isLeader);
  return child.once('exit', () => running.delete(child));
}

/** Ends a child, and its whole group where it leads one. */
export async function ended(child: ChildProcess, isLeader = false): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(isLeader ? -child.pid : child.pid, 'SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await gone;
  clearTimeout(timer);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** For client-node: a stock configuration of this way. */
export function urlOf(way: Reach, access: KubeAccess): string {
  return serverUrl({ ...access, server: way.server });
}

function sshArgs({ sshd: { port, keyFile, knownHosts } }: FarSide): string[] {
  return ['-F', 'none', '-p', String(port), '-i', keyFile, '-o', `UserKnownHostsFile=${knownHosts}`];
}

function sshuttleArgs(far: FarSide, network: string): string[] {
  const command = ['ssh', ...sshArgs(far)].join(' ');
  const python = programPath('python3') ?? 'python3';
  return ['--method', 'nft', '--python', python, '-e', command, '-r', far.sshd.host, network];
}

async function said(child: ChildProcess, words: RegExp): Promise<void> {
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('sshuttle: not connected in time')), OPEN_WITHIN_MS);
    const stop = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    child.once('error', stop);
    child.once('exit', () => stop(new Error(`sshuttle ended: ${text.trim().split('\n').at(-1)}`)));
    child.stderr?.on('data', (chunk) => {
      text += chunk;
      if (!words.test(text)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET');
}
