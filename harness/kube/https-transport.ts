import type { ClientRequest, IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { type ClientOptions, WebSocket } from 'ws';
import { InfraError } from '../errors/errors.ts';
import { settle } from '../scope/settle.ts';
import { kubeError } from './errors.ts';

const MAX_BODY_BYTES = 256 * 1024 * 1024;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** One authenticated request on the wire. */
export interface WireRequest {
  readonly url: string;
  readonly options: RequestOptions;
  readonly body: Buffer | undefined;
}

/** Sends a request and resolves with the answer's head, whatever its status; a redirection is not followed. */
export async function send(wire: WireRequest, signal: AbortSignal): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const outgoing = request(wire.url, wire.options);
  // By hand: Node sends the body of a DELETE without a length otherwise.
  if (wire.body !== undefined) outgoing.setHeader('Content-Length', wire.body.length);
  try {
    return await settle(answerTo(outgoing, wire.body), signal);
  } catch (error) {
    outgoing.on('error', () => {}).destroy();
    // A kept connection may have been closed by the server at this very moment: reading again is safe.
    if (wire.options.method === 'GET' && outgoing.reusedSocket && isBroken(error)) return await send(wire, signal);
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

/** How long the server asks us to wait before the same request. Only 429 and 503 promise that nothing was done. */
export function retryAfterMs({ statusCode, headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after']);
  return (statusCode === 429 || statusCode === 503) && headers['retry-after'] !== undefined && seconds >= 0
    ? Math.ceil(seconds * 1000)
    : undefined;
}

interface Upgrade {
  readonly what: string;
  readonly url: string;
  readonly protocols: readonly string[];
  readonly options: ClientOptions;
}

/** Opens a websocket. @throws KubeError when the server refuses it. */
export async function openWebSocket(
  { what, url, protocols, options }: Upgrade,
  signal: AbortSignal,
): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^https/, 'wss'), [...protocols], {
    ...options,
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

function isBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
