import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { WebSocket } from 'ws';
import { InfraError } from '../errors/errors.ts';
import { settle } from '../scope/settle.ts';
import { authHeaders, type KubeAccess, serverUrl } from './access.ts';
import type { ClusterAgent } from './agent.ts';
import type { Query } from './client.ts';
import { kubeError } from './errors.ts';

const MAX_BODY_BYTES = 256 * 1024 * 1024;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** One request on the wire. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly body: Buffer | undefined;
  readonly headers: OutgoingHttpHeaders;
}

/** Sends a request and resolves with the answer's head, whatever its status. */
export async function send(
  wire: WireRequest,
  { agent, access }: { readonly agent: ClusterAgent; readonly access: KubeAccess },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const outgoing = request({
    agent,
    method: wire.method,
    host: access.server.host,
    port: access.server.port,
    path: `${access.basePath}${wire.path}${queryString(wire.query, wire.path)}`,
    headers: {
      'User-Agent': 'sevlane',
      ...wire.headers,
      ...(authHeaders(access) as OutgoingHttpHeaders),
      // By hand: Node sends the body of a DELETE without a length otherwise.
      ...(wire.body === undefined ? {} : { 'Content-Length': wire.body.length }),
    },
  });
  try {
    return await settle(answerTo(outgoing, wire.body), signal);
  } catch (error) {
    outgoing.on('error', () => {}).destroy();
    // A kept connection may have been closed by the server at this very moment: reading again is safe.
    if (wire.method === 'GET' && outgoing.reusedSocket && isBroken(error))
      return await send(wire, { agent, access }, signal);
    throw error;
  }
}

function answerTo(outgoing: ClientRequest, body: Buffer | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject);
    outgoing.end(body);
  });
}

/** The whole body as text. A cut in the middle is an error, never a shorter text. */
export async function bodyText(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
  const read = async () => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) throw new InfraError(`answer of more than ${MAX_BODY_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  };
  try {
    return await settle(read(), signal);
  } catch (error) {
    answer.on('error', () => {}).destroy();
    throw error;
  }
}

interface Upgrade {
  readonly what: string;
  readonly path: string;
  readonly query: Query;
  readonly protocols: readonly string[];
}

/** Opens a websocket through the same agent. @throws KubeError when the server refuses it. */
export async function openWebSocket(
  { what, path, query, protocols }: Upgrade,
  { agent, access }: { readonly agent: ClusterAgent; readonly access: KubeAccess },
  signal: AbortSignal,
): Promise<WebSocket> {
  const url = `${serverUrl(access).replace(/^https/, 'wss')}${path}${queryString(query, path)}`;
  const socket = new WebSocket(url, [...protocols], {
    agent,
    headers: { 'User-Agent': 'sevlane', ...(authHeaders(access) as Record<string, string>) },
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
  });
  // Frames that come in one packet with the answer to the upgrade must not be lost before the caller listens.
  socket.once('open', () => socket.pause());
  const opened = new Promise<WebSocket>((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.on('error', reject);
    socket.once('unexpected-response', (_request, answer: IncomingMessage) => {
      bodyText(answer, signal).then((body) => reject(kubeError(what, answer.statusCode ?? 0, body)), reject);
    });
  });
  try {
    return await settle(opened, signal);
  } catch (error) {
    socket.on('error', () => {}).terminate();
    throw error;
  }
}

function queryString(query: Query, path: string): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(key, String(one));
  }
  const text = parameters.toString();
  return text === '' ? '' : `${path.includes('?') ? '&' : '?'}${text}`;
}

function isBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
