import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import type { KubeAccess } from '../../harness/kube/access.ts';
import type { ChannelOpener } from '../../harness/kube/agent.ts';
import type { HostPort } from '../../harness/model/host.ts';
import { type Authority, type CertifiedKey, makeAuthority } from './certificates.ts';

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** The lines of the header of this name, each by itself. */
  lines(name: string): readonly string[];
  /** The common name of the client certificate; undefined when none was shown that we signed. */
  readonly certificate: string | undefined;
  readonly body: string;
}

type Handler = (seen: Seen, answer: ServerResponse) => void | Promise<void>;

/** An HTTPS server on loopback that a test plays the API server with, and the way to it. */
export interface ApiServer {
  readonly authority: Authority;
  readonly access: KubeAccess;
  readonly opener: ChannelOpener;
  readonly requests: readonly Seen[];
  /** Connections that were made so far. */
  channels(): number;
  /** Replaces what answers from now on. */
  on(handler: Handler): void;
  onWebSocket(handler: (socket: WebSocket, seen: Seen) => void): void;
  /** Cuts every connection without a word. */
  cut(): void;
  close(): Promise<void>;
}

interface Wish {
  readonly certificate?: (authority: Authority) => Promise<CertifiedKey>;
}

export async function startApiServer({ certificate }: Wish = {}): Promise<ApiServer> {
  const authority = await makeAuthority();
  const own = await (certificate?.(authority) ??
    authority.issue('kube-apiserver', { names: ['127.0.0.1', 'localhost'] }));
  const client = await authority.issue('admin');
  const requests: Seen[] = [];
  const sockets = new Set<Duplex>();
  let handler: Handler = (_seen, answer) => void answer.writeHead(404).end();
  let channels = 0;
  const server: Server = createServer(
    { cert: own.cert, key: own.key, ca: authority.ca, requestCert: true, rejectUnauthorized: false },
    async (request, answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const seen = toSeen(request, Buffer.concat(chunks).toString());
      requests.push(seen);
      await handler(seen, answer);
    },
  );
  const upgrades = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  const websockets = new EventEmitter();
  server.on('upgrade', (request, socket: Socket, head) => {
    const seen = toSeen(request, '');
    requests.push(seen);
    if (websockets.listenerCount('socket') === 0) {
      const body = status(400, 'BadRequest', 'VMI is not running');
      socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      return;
    }
    upgrades.handleUpgrade(request, socket, head, (opened) => websockets.emit('socket', opened, seen));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const access: KubeAccess = {
    place: 'test kubeconfig',
    context: 'test',
    server: { host: '127.0.0.1', port },
    basePath: '',
    serverName: '127.0.0.1',
    ca: authority.ca,
    clientCertificate: client,
    expiries: [],
  };
  return {
    authority,
    access,
    requests,
    opener: {
      description: 'root@test:22',
      async openChannel(to: HostPort) {
        channels++;
        const socket = connect({ host: to.host, port: to.port, noDelay: true });
        await once(socket, 'connect');
        return socket;
      },
    },
    channels: () => channels,
    on: (next) => {
      handler = next;
    },
    onWebSocket: (next) => void websockets.removeAllListeners('socket').on('socket', next),
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A metav1.Status as the body of a refusal. */
export function status(code: number, reason: string, message: string): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}

export function json(answer: ServerResponse, body: unknown, code = 200): void {
  answer.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

export function refuse(answer: ServerResponse, code: number, reason: string, message: string): void {
  answer.writeHead(code, { 'Content-Type': 'application/json' }).end(status(code, reason, message));
}

function toSeen(request: IncomingMessage, body: string): Seen {
  const url = new URL(request.url ?? '/', 'https://server');
  const { socket, headersDistinct } = request;
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    lines: (name) => headersDistinct[name] ?? [],
    certificate:
      socket instanceof TLSSocket && socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined,
    body,
  };
}
