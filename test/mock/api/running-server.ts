import { Agent, request } from 'node:https';
import type { ApiOptions } from '../../../providers/mock/api/api.ts';
import type { NetworkSwitch } from '../../../providers/mock/api/backends.ts';
import { inProcess } from '../../../providers/mock/api/in-process.ts';
import { type ApiServer, startApiServer } from '../../../providers/mock/api/server.ts';
import { networkSwitch } from '../../../providers/mock/api/switch.ts';
import { clockAt } from '../../../providers/mock/clock.ts';
import type { KubeApi } from '../../../providers/mock/controllers/seam.ts';
import type { Director } from '../../../providers/mock/scenario/director.ts';
import { makePki, type Pki } from '../../conformance/pki.ts';
import { quietDirector } from '../quiet-director.ts';

/** An answer as a client saw it; `body` is parsed if it is JSON. */
export interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A listening server and clients of it. */
export interface Running {
  readonly server: ApiServer;
  readonly network: NetworkSwitch;
  readonly pki: Pki;
  /** In process, with all rights. */
  readonly system: KubeApi;
  /** TLS material of the client with all rights. */
  readonly admin: { readonly ca: string; readonly cert: string; readonly key: string };
  /** The same of a client without any. */
  readonly alice: Running['admin'];
  ask(method: string, path: string, more?: More): Promise<Seen>;
  /** Sends a request over a connection of its own; resolves to how to hang up, as soon as it is sent. */
  send(method: string, path: string, body?: object): Promise<() => void>;
  stop(): Promise<void>;
}

export interface More {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Default: a client certificate with all rights. */
  readonly as?: 'admin' | 'anonymous' | 'alice';
}

/** Starts a server on a port of the system's choice. */
export async function running(
  changes: Partial<Director> = {},
  more: Partial<Pick<ApiOptions, 'holds' | 'faults' | 'audit' | 'version'>> = {},
): Promise<Running> {
  const pki = await makePki();
  const network = networkSwitch();
  const server = await startApiServer({
    clock: clockAt(1000),
    director: quietDirector(changes),
    network,
    version: 'v1.34.4',
    serving: pki.serving,
    clientCa: pki.ca,
    ...more,
  });
  const clients = await clientsOf(pki, server.port);
  return {
    server,
    network,
    pki,
    system: inProcess(server.api)('system:apiserver'),
    admin: clients.admin,
    alice: clients.alice,
    ask: clients.ask,
    send: clients.send,
    async stop() {
      clients.stop();
      await server.close();
    },
  };
}

/** Clients of a server on loopback whose certificate and whose clients the same authority vouches for. */
export async function clientsOf(pki: Pki, port: number) {
  const client = async (name: string, group: string) => {
    const { certificate: cert, key } = await pki.client(name, group);
    return { ca: pki.ca, cert, key };
  };
  const identities = {
    admin: await client('root', 'system:masters'),
    alice: await client('alice', 'devs'),
    anonymous: { ca: pki.ca },
  };
  const agents = Object.entries(identities).map(
    ([name, tls]) => [name, new Agent({ ...tls, keepAlive: true })] as const,
  );
  return {
    admin: identities.admin,
    alice: identities.alice,
    ask: (method: string, path: string, more: More = {}) =>
      asked({ port, agent: Object.fromEntries(agents)[more.as ?? 'admin'], method, path, more }),
    send: (method: string, path: string, body?: unknown): Promise<() => void> =>
      new Promise((resolve) => {
        const text = body === undefined ? '' : JSON.stringify(body);
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
        const agent = new Agent(identities.admin);
        const sending = request({ host: '127.0.0.1', port, method, path, headers, agent });
        // Whoever hangs up gets no answer.
        sending.on('error', () => {}).on('response', (answer) => answer.resume());
        sending.end(text, () => resolve(() => sending.destroy()));
      }),
    stop() {
      for (const [, agent] of agents) agent.destroy();
    },
  };
}

interface Asked {
  readonly port: number;
  readonly agent: Agent | undefined;
  readonly method: string;
  readonly path: string;
  readonly more: More;
}

function asked({ port, agent, method, path, more }: Asked): Promise<Seen> {
  const bytes = more.body === undefined ? undefined : Buffer.from(JSON.stringify(more.body));
  const headers = {
    'content-type': 'application/json',
    ...more.headers,
    ...(bytes === undefined ? {} : { 'content-length': String(bytes.length) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, ...(agent === undefined ? {} : { agent }) });
    sent.once('error', reject);
    sent.once('response', (response) => {
      let text = '';
      response.on('data', (part) => (text += part));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(text), text }),
      );
    });
    sent.end(bytes);
  });
}

function parsed(text: string): Seen['body'] {
  try {
    return JSON.parse(text) as Seen['body'];
  } catch {
    return {};
  }
}
