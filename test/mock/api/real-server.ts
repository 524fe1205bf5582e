import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePki } from '../../conformance/pki.ts';
import { clientsOf, type More, type Seen } from './running-server.ts';

/** A real API server, and a client of it with all rights. */
export interface RealServer {
  readonly port: number;
  readonly admin: { readonly ca: string; readonly cert: string; readonly key: string };
  /** The same of a client without any rights. */
  readonly alice: RealServer['admin'];
  ask(method: string, path: string, more?: More): Promise<Seen>;
  stop(): Promise<void>;
}

/** The folder of kube-apiserver and etcd, as envtest has them; undefined when there is none. */
export function realServerFolder(): string | undefined {
  const folder = process.env.KUBEBUILDER_ASSETS;
  if (folder === undefined) return undefined;
  try {
    for (const program of ['kube-apiserver', 'etcd']) accessSync(join(folder, program), constants.X_OK);
    return folder;
  } catch {
    return undefined;
  }
}

/** Starts etcd and a kube-apiserver with nothing beside them; both end with `stop`. */
export async function startRealServer(folder: string): Promise<RealServer> {
  const home = await mkdtemp(join(tmpdir(), 'sevlane-real-'));
  const pki = await makePki();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = async (name: string, text: string) => {
    await writeFile(join(home, name), text);
    return join(home, name);
  };
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const serviceAccountKey = await file('sa.key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const programs = [
    start(join(folder, 'etcd'), [
      ...['--data-dir', join(home, 'etcd'), '--unsafe-no-fsync'],
      ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
      ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
    ]),
    start(join(folder, 'kube-apiserver'), [
      ...['--etcd-servers', etcdUrl, '--secure-port', String(port), '--bind-address', '127.0.0.1'],
      ...['--tls-cert-file', await file('server.pem', pki.serving.certificate)],
      ...['--tls-private-key-file', await file('server.key', pki.serving.key)],
      ...['--client-ca-file', await file('ca.pem', pki.ca), '--authorization-mode', 'RBAC'],
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--endpoint-reconciler-type', 'none'],
      ...['--service-account-signing-key-file', serviceAccountKey],
      ...['--service-account-key-file', serviceAccountKey],
    ]),
  ];
  const clients = await clientsOf(pki, port);
  const stop = async () => {
    clients.stop();
    await Promise.all(programs.map(ended));
    await rm(home, { recursive: true, force: true });
  };
  await ready(clients.ask, programs).catch((error: unknown) => stop().then(() => Promise.reject(error)));
  return { port, admin: clients.admin, alice: clients.alice, ask: clients.ask, stop };
}

const READY_MS = 60_000;

async function ready(ask: RealServer['ask'], programs: readonly ChildProcess[]): Promise<void> {
  const until = Date.now() + READY_MS;
  for (;;) {
    const answer = await ask('GET', '/readyz').catch(() => undefined);
    if (answer?.status === 200) return;
    const dead = programs.find(({ exitCode }) => exitCode !== null);
    if (dead !== undefined) throw new Error(`${dead.spawnfile} ended with ${dead.exitCode}`);
    if (Date.now() > until) throw new Error(`kube-apiserver was not ready within ${READY_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, [...args], { stdio: 'ignore' });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
