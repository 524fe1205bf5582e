import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import type { Network } from '../../../providers/mock/api/backends.ts';

export interface Front {
  /** One request to the aggregated API; `path` is what follows `/apis/subresources.kubevirt.io/v1`. */
  ask(method: 'GET' | 'PUT', path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }>;
  /** Opens a stream; rejects with the status of a refusal. */
  open(path: string): Promise<WebSocket>;
  close(): Promise<void>;
}

const ROOT = '/apis/subresources.kubevirt.io/v1';

/** Stands where the API server's aggregator stands: passes requests on to virt-api in the name of `user`. */
export async function openFront(
  network: Network,
  user = 'kubernetes-admin',
  groups = 'system:masters',
): Promise<Front> {
  const backend = () => {
    const found = network.service('kubevirt', 'virt-api');
    if (found === undefined) throw new Error('nobody listens behind the Service virt-api');
    return found;
  };
  const named = (request: IncomingMessage) =>
    Object.assign(request, { headers: { ...request.headers, 'x-remote-user': user, 'x-remote-group': groups } });
  const server = createServer((request, response) => backend().serve?.(named(request), response));
  server.on('upgrade', (request, socket, head) => backend().upgrade?.(named(request), socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async ask(method, path, body) {
      const response = await fetch(`http://127.0.0.1:${port}${ROOT}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    },
    async open(path) {
      const client = new WebSocket(`ws://127.0.0.1:${port}${ROOT}${path}`, ['plain.kubevirt.io']);
      await new Promise<void>((resolve, reject) => {
        client.once('open', () => resolve());
        client.once('unexpected-response', (_, response) => reject(new Error(`status ${response.statusCode}`)));
        client.once('error', reject);
      });
      return client;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Reads what a console shows and waits for words in it. */
export class Screen {
  readonly #client: WebSocket;
  #text = '';
  #look: () => void = () => {};

  constructor(client: WebSocket) {
    this.#client = client;
    client.on('message', (bytes: Buffer) => {
      this.#text += bytes.toString('utf8');
      this.#look();
    });
  }

  type(text: string): void {
    this.#client.send(Buffer.from(text), { binary: true });
  }

  /** Everything up to these words, which are then taken away. */
  async until(words: string): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#look = () => {
        if (this.#text.includes(words)) resolve();
      };
      this.#look();
    });
    const end = this.#text.indexOf(words) + words.length;
    const seen = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return seen;
  }
}
