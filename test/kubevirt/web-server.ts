import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { CertifiedKey } from '../kube/certificates.ts';

/** A web server, or a proxy, on loopback. */
export interface WebServer {
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Request lines as they came: method and target. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, answer: ServerResponse) => void;

export async function serveWeb(handler: Handler, tls?: CertifiedKey): Promise<WebServer> {
  const requests: string[] = [];
  const listener: Handler = (request, answer) => {
    requests.push(`${request.method} ${request.url}`);
    handler(request, answer);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  return await opened(server, { requests, scheme: tls === undefined ? 'http' : 'https' });
}

/**
 * A proxy as an office has it: plain files by their whole URL, TLS by CONNECT to `tlsPort` whatever the name says, and
 * only for who proves to be `credentials`.
 */
export async function serveProxy(wish: { readonly tlsPort?: number; readonly credentials?: string } = {}) {
  const requests: string[] = [];
  const wanted = wish.credentials && `Basic ${Buffer.from(wish.credentials).toString('base64')}`;
  const isRefused = (request: IncomingMessage) =>
    wanted !== undefined && request.headers['proxy-authorization'] !== wanted;
  const server = createServer((request, answer) => {
    requests.push(`${request.method} ${request.url}`);
    if (isRefused(request)) answer.writeHead(407).end();
    else answer.end(`through the proxy: ${request.url}`);
  });
  server.on('connect', (request, socket: Socket) => {
    requests.push(`CONNECT ${request.url}`);
    if (isRefused(request) || wish.tlsPort === undefined) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const onward = connect(wish.tlsPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  return await opened(server, { requests, scheme: 'http' });
}

async function opened(
  server: Server | ReturnType<typeof createTlsServer>,
  { requests, scheme }: { readonly requests: readonly string[]; readonly scheme: string },
): Promise<WebServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
