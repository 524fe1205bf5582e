import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, get, type RequestOptions } from 'node:https';
import { type AddressInfo, connect, createServer, isIP } from 'node:net';
import { stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { openKubeClient } from '../harness/kube/open-client.ts';
import { openScope } from '../harness/scope/scope.ts';
import { connectSsh } from '../harness/ssh/client.ts';
import { type ApiServer, json, startApiServer } from '../test/kube/api-server.ts';
import { type Sshd, startSshd } from '../test/ssh/sshd.ts';

/** One way to the API server: a small request, and the delay of one pushed event, both in milliseconds. */
interface Way {
  readonly name: string;
  request(): Promise<number>;
  event(): Promise<number>;
  close(): Promise<void>;
}

const ROUNDS = 5;
const REQUESTS = 100;
const EVENTS = 20;
/** Between two events, so that one is never sent with the other. */
const QUIET_MS = 5;

/**
 * Reaches one API server through one real sshd on loopback, by the lane's own connection and by `ssh -N -L`, turn by
 * turn in the same run, and prints the ratios of the medians: below 1 the lane is faster. Machines differ, ratios less.
 */
async function main(): Promise<void> {
  const api = await startApiServer();
  const sshd = await startSshd();
  const pushes = new Map<string, () => void>();
  api.on((seen, answer) => {
    if (seen.query.get('watch') === null)
      return json(answer, { kind: 'Node', apiVersion: 'v1', metadata: { name: 'n' } });
    answer.writeHead(200, { 'Content-Type': 'application/json' });
    pushes.set(seen.query.get('way') ?? '', () => void answer.write('{"type":"BOOKMARK","object":{}}\n'));
    answer.write('{"type":"BOOKMARK","object":{}}\n');
  });
  const ways = [
    await lane(api, sshd, () => pushes.get('lane')?.()),
    await forward(api, sshd, () => pushes.get('ssh')?.()),
  ];
  const measured = new Map(ways.map(({ name }) => [name, { requests: [] as number[], events: [] as number[] }]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of ways) {
      const mine = measured.get(way.name);
      for (let n = 0; n < REQUESTS; n += 1) mine?.requests.push(await way.request());
      for (let n = 0; n < EVENTS; n += 1) mine?.events.push(await way.event());
    }
  }
  const [ours, theirs] = ways.map(({ name }) => measured.get(name) ?? { requests: [], events: [] });
  for (const row of ['requests', 'events'] as const) {
    const [mine, peer] = [median(ours?.[row] ?? []), median(theirs?.[row] ?? [])];
    stdout.write(
      `${row.padEnd(9)} lane ${mine.toFixed(3)} ms, ssh -L ${peer.toFixed(3)} ms, ratio ${(mine / peer).toFixed(2)}\n`,
    );
  }
  for (const way of ways) await way.close();
  await sshd.close();
  await api.close();
}

/** The lane's way: SSH channels in process. */
async function lane(api: ApiServer, sshd: Sshd, push: () => void): Promise<Way> {
  const scope = openScope(() => {});
  const ssh = await connectSsh(scope, sshd.target());
  const client = openKubeClient(scope, ssh, api.access);
  const watch = await client.stream('/api/v1/nodes', { query: { watch: 'true', way: 'lane' } });
  const events = await listen(watch);
  return {
    name: 'lane',
    request: () => timed(() => client.get('/api/v1/nodes/n')),
    event: () => pushed(events, push),
    close: async () => void (await scope.close()),
  };
}

/** The usual way: a forwarded port, with the same keep-alive. */
async function forward(api: ApiServer, sshd: Sshd, push: () => void): Promise<Way> {
  const port = await freePort();
  const { host, port: apiPort } = api.access.server;
  const args = [
    '-N',
    '-F',
    'none',
    '-p',
    String(sshd.port),
    '-i',
    sshd.keyFile,
    '-o',
    `UserKnownHostsFile=${sshd.knownHosts}`,
  ];
  const child = spawn(
    'ssh',
    [...args, '-o', 'ExitOnForwardFailure=yes', '-L', `127.0.0.1:${port}:${host}:${apiPort}`, '127.0.0.1'],
    { stdio: 'ignore' },
  );
  await listening(port, child);
  const agent = new Agent({ keepAlive: true });
  const { ca, clientCertificate, serverName } = api.access;
  const options: RequestOptions = {
    agent,
    host: '127.0.0.1',
    port,
    // A certificate for an address is asked for without a name.
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...clientCertificate,
  };
  const ask = (path: string) =>
    new Promise<NodeJS.ReadableStream>((resolve, reject) => get({ ...options, path }, resolve).on('error', reject));
  const events = await listen(await ask('/api/v1/nodes?watch=true&way=ssh'));
  return {
    name: 'ssh -L',
    request: () =>
      timed(async () => {
        let text = '';
        for await (const chunk of await ask('/api/v1/nodes/n')) text += chunk;
        return JSON.parse(text);
      }),
    event: () => pushed(events, push),
    close: async () => {
      agent.destroy();
      child.kill();
    },
  };
}

/** Resolves each time a line comes; the first one, which opens the watch, has come already. */
async function listen(stream: NodeJS.ReadableStream): Promise<AsyncIterator<string>> {
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  await lines.next();
  return lines;
}

async function pushed(events: AsyncIterator<string>, push: () => void): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  return await timed(async () => {
    push();
    await events.next();
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100 && child.exitCode === null; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('ssh -L does not listen');
}

await main();
