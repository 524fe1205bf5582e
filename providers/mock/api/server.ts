import { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Api, type ApiOptions, openApi } from './api.ts';
import type { AuditedRequest } from './audit.ts';
import type { ApiRequest, ApiResponse, Identity } from './request.ts';
import { failure } from './status.ts';
import { writeResponse } from './wire.ts';

export interface ApiServerOptions extends ApiOptions {
  /** PEM: what the server presents. */
  readonly serving: { readonly certificate: string; readonly key: string };
  /** PEM of the authority whose client certificates say who asks: CN is the user, O the groups. */
  readonly clientCa: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
}

/** A simulated API server that listens. */
export interface ApiServer {
  readonly port: number;
  /** The server behind the wire, for `inProcess` and for tests that count requests. */
  readonly api: Api;
  /** Ends every connection and stops listening. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts a Kubernetes API server over HTTPS: HTTP/1.1 with keep-alive, client certificates optional. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const api = openApi(options);
  const { certificate: cert, key } = options.serving;
  const server = createServer({ cert, key, ca: options.clientCa, requestCert: true, rejectUnauthorized: false });
  server.keepAliveTimeout = 90_000;
  server.requestTimeout = 0;
  const sockets = new Set<Duplex>();
  // From the first packet on: a client that never greets would hold the closing up for ever.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket: TLSSocket) => socket.on('error', () => socket.destroy()));
  server.on('request', (request, response) => {
    response.setHeader('date', options.clock.now().toUTCString());
    void serve(api, request, response);
  });
  server.on('upgrade', (request, socket, head) => void upgrade(api, request, { socket, head }));
  await listening(server, options);
  const { port } = server.address() as AddressInfo;
  return { port, api, close: () => closed(api, server, sockets) };
}

function listening(server: Server, { host = '127.0.0.1', port = 0 }: ApiServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closed(api: Api, server: Server, sockets: ReadonlySet<Duplex>): Promise<void> {
  api.stop();
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}

async function serve(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const head = requestOf(request, gone.signal);
  const audited = api.received(head);
  const body = await bodyOf(request).catch(() => undefined);
  if (body === undefined) return audited?.broken();
  if (body === 'too large') return refuseBody(head, response, audited);
  const asked = { ...withId(head, audited), ...(body.length === 0 ? {} : { body }) };
  const answer = await api.handle(asked);
  follow(audited, answer, response);
  if (answer.type === 'hand-over') {
    limitBytes(request.socket, answer.cutAfterBytes);
    answer.serve(replayed(request, body), response);
  } else if (answer.type === 'upgrade') writeResponse(asked, answer.otherwise, response);
  else writeResponse(asked, answer, response);
}

// Whoever answers in the server's place writes to the socket itself, so a scenario's cut is made there.
function limitBytes(socket: Duplex, bytes: number | undefined): void {
  if (bytes === undefined) return;
  let left = bytes;
  const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean;
  const limited = (...args: readonly unknown[]) => {
    left -= (args[0] as Buffer | string).length;
    if (left >= 0) return write(...args);
    socket.destroy();
    return false;
  };
  Object.assign(socket, { write: limited });
}

const LARGEST_BODY = 3 * 1024 * 1024;

async function bodyOf(request: IncomingMessage): Promise<Buffer | 'too large'> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    // Read to its end all the same, or the client would see a broken connection instead of the answer.
    if (size <= LARGEST_BODY) parts.push(part as Buffer);
  }
  return size > LARGEST_BODY ? 'too large' : Buffer.concat(parts);
}

function withId(head: ApiRequest, audited: AuditedRequest | undefined): ApiRequest {
  return audited === undefined ? head : { ...head, auditId: audited.id };
}

/** Tells the audit trail what a request was answered with, and when the answer has ended. */
function follow(audited: AuditedRequest | undefined, answer: ApiResponse, response: ServerResponse): void {
  if (audited === undefined) return;
  if (answer.cutAfterBytes === 0) {
    audited.broken();
    return;
  }
  audited.answered(answer);
  const end = () => audited.ended(answer.type === 'hand-over' ? response.statusCode : undefined);
  if (response.closed) end();
  else response.once('close', end);
}

function refuseBody(asked: ApiRequest, response: ServerResponse, audited: AuditedRequest | undefined): void {
  const message = `Request entity too large: limit is ${LARGEST_BODY}`;
  const body = failure({ code: 413, reason: 'RequestEntityTooLarge', message });
  const answer = { type: 'object', status: 413, headers: {}, body } as const;
  follow(audited, answer, response);
  writeResponse(asked, answer, response);
}

function requestOf(request: IncomingMessage, signal: AbortSignal): ApiRequest {
  const socket = request.socket as TLSSocket;
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: headersOf(request),
    identity: identityOf(socket),
    signal,
    ...(socket.remotePort === undefined ? {} : { remotePort: socket.remotePort }),
  };
}

// Groups and extras may come several times, and may hold commas of their own.
function headersOf({ headers, headersDistinct }: IncomingMessage): ApiRequest['headers'] {
  const repeated = Object.entries(headersDistinct).filter(([name]) => /^impersonate-(?:group|extra-)/.test(name));
  return { ...headers, ...Object.fromEntries(repeated) };
}

function identityOf(socket: TLSSocket): Identity {
  const { subject, raw } = socket.getPeerCertificate();
  if (raw === undefined) return { by: 'wire' };
  if (!socket.authorized) return { by: 'wire', refused: true };
  const { CN = '', O = [] } = subject as { CN?: string; O?: string | string[] };
  const sha256 = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '';
  return { by: 'wire', certificate: { user: CN, groups: typeof O === 'string' ? [O] : O, sha256 } };
}

// Its body has been read, so whoever takes the request over gets it from a copy.
function replayed(request: IncomingMessage, body: Buffer): IncomingMessage {
  const copy = new IncomingMessage(request.socket);
  const { method, url, httpVersion, headers } = request;
  // Complete, or its end would take the socket along.
  Object.assign(copy, { method, url, httpVersion, headers, complete: true });
  copy.push(body);
  copy.push(null);
  return copy;
}

interface Raw {
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function upgrade(api: Api, request: IncomingMessage, { socket, head }: Raw): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  socket.on('error', () => socket.destroy());
  const bare = requestOf(request, gone.signal);
  const audited = api.received(bare);
  const asked = withId(bare, audited);
  const answer: ApiResponse = await api.handle(asked);
  if (answer.type === 'upgrade') {
    if (audited !== undefined) {
      audited.answered(answer);
      socket.once('close', () => audited.ended());
      if (socket.destroyed) audited.ended();
    }
    limitBytes(socket, answer.cutAfterBytes);
    return answer.accept(request, socket, head);
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as TLSSocket);
  response.once('finish', () => socket.end());
  follow(audited, answer, response);
  if (answer.type === 'hand-over') answer.serve(request, response);
  else writeResponse(asked, answer, response);
}
