import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import type { KubeAccess } from '../harness/kube/access.ts';
import { makeAuthority } from '../test/kube/certificates.ts';
import { startSshd } from '../test/ssh/sshd.ts';

/** How to reach this side. */
export interface FarSide {
  /** The API server as the node sees it. */
  readonly access: KubeAccess;
  /** Its address from outside, without any tunnel. */
  readonly direct: string;
  /** Another address of it, to which only sshuttle leads; absent where that cannot run. */
  readonly beyond?: string;
  readonly sshd: {
    readonly host: string;
    readonly port: number;
    readonly keyFile: string;
    readonly knownHosts: string;
  };
}

/** What may be done to the processes of sshd that serve a connection. */
export type Blow = 'kill' | 'freeze';

const LIST = Buffer.from(
  JSON.stringify({
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '1' },
    items: Array.from({ length: 1000 }, (_, n) => ({
      metadata: { name: `object-${n}`, namespace: 'default' },
      data: { text: String(n).padEnd(5120, 'x') },
    })),
  }),
);
const ONE = Buffer.from(
  JSON.stringify({
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '1' },
    items: [{ metadata: { name: 'one', namespace: 'default' }, data: { a: 'b' } }],
  }),
);
const NODE = Buffer.from('{"kind":"Node","apiVersion":"v1","metadata":{"name":"n"}}');
const CHUNK = Buffer.alloc(64 * 1024, 'x');
/** Of an event: about the size of a pod. A delay by Nagle's algorithm needs news that follow each other, too. */
const OBJECT = 'x'.repeat(3000);
const EVERY_MS = 5;

/** The node's side, in a process of its own: a real sshd and an API server that answers at once. */
async function main(address: string, beyond: string | undefined): Promise<void> {
  const sshd = await startSshd(['MaxStartups 100'], address);
  process.on('disconnect', () => void sshd.close().finally(() => process.exit(0)));
  const access = await startApi([address, ...(beyond === undefined ? [] : [beyond])]);
  process.on('message', (blow: Blow) => {
    sshd.signalSessions(blow === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    process.send?.('done');
  });
  const { port, keyFile, knownHosts } = sshd;
  const far: FarSide = { access, direct: address, sshd: { host: address, port, keyFile, knownHosts } };
  process.send?.({ far: beyond === undefined ? far : { ...far, beyond } });
}

async function startApi(addresses: readonly string[]): Promise<KubeAccess> {
  const authority = await makeAuthority();
  const own = await authority.issue('kube-apiserver', { names: ['127.0.0.1', ...addresses] });
  const server = createServer({ ...own, ca: authority.ca, requestCert: true }, (request, answer) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://api');
    const whole = (body: Buffer) =>
      answer.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
    if (pathname === '/api/v1/nodes/n') return whole(NODE);
    if (pathname === '/api/v1/configmaps') return whole(LIST);
    if (pathname.endsWith('/configmaps')) return whole(ONE);
    answer.writeHead(200, { 'Content-Type': 'application/json' });
    if (pathname === '/stream') return stream(answer, Number(searchParams.get('bytes')));
    if (pathname !== '/watch') return answer.end();
    let timer: NodeJS.Timeout;
    const push = () => {
      answer.write(`${process.hrtime.bigint()} ${OBJECT}\n`);
      timer = setTimeout(push, EVERY_MS);
    };
    push();
    answer.once('close', () => clearTimeout(timer));
  });
  server.keepAliveTimeout = 600_000;
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return {
    place: 'benchmark',
    context: 'benchmark',
    server: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    basePath: '',
    serverName: '127.0.0.1',
    ca: authority.ca,
    clientCertificate: await authority.issue('admin'),
    expiries: [],
  };
}

function stream(answer: NodeJS.WritableStream, bytes: number): void {
  let left = bytes;
  const write = () => {
    while (left > 0) {
      left -= CHUNK.length;
      if (!answer.write(CHUNK)) return void answer.once('drain', write);
    }
    answer.end();
  };
  write();
}

// The parent is interrupted with us, and ends us by hanging up.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
main(process.argv[2] ?? '127.0.0.1', process.argv[3]).catch((error: Error) => {
  process.send?.({ failed: error.message });
  process.disconnect?.();
});
