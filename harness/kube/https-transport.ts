import type { ClientRequest, IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { type ClientOptions, WebSocket } from 'ws';
import { ConnectionCut, InfraError } from '../errors/errors.ts';
import { spokenTime } from '../model/spoken-time.ts';
import { settle } from '../scope/settle.ts';
import { BrokenCall } from './broken-call.ts';
import { kubeError } from './errors.ts';

const MAX_BODY_BYTES = 256 * 1024 * 1024;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const RESETS = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

/** One authenticated request on the wire. */
export interface WireRequest {
  readonly url: string;
  readonly options: RequestOptions;
  readonly body: Buffer | undefined;
  readonly gate?: Gate | undefined;
}

/** A last look before the first byte is sent. */
export interface Gate {
  /** How long the request may take from then on, by the real time. */
  readonly withinMs: number;
  /** False when it is to be asked for anew. It may throw. */
  isOpen(): boolean;
}

/**
 * Sends a request and resolves with the answer's head, whatever its status; a redirection is not followed.
 * @throws BrokenCall when the way there broke, ConnectionCut when there was none, and what the agent threw.
 */
export async function send(wire: WireRequest, signal: AbortSignal): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const outgoing = request(wire.url, wire.options);
  // By hand: Node sends the body of a DELETE without a length otherwise.
  if (wire.body !== undefined) outgoing.setHeader('Content-Length', wire.body.length);
  try {
    return await settle(answerTo(outgoing, wire), signal);
  } catch (error) {
    outgoing.on('error', () => {}).destroy();
    // Without a socket of its own nothing of it has left us.
    throw broken(error, outgoing.socket !== null && outgoing.socket !== undefined);
  }
}

function answerTo(outgoing: ClientRequest, { body, gate }: WireRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject);
    whenOpen(outgoing, gate, { send: () => void outgoing.end(body), fail: reject });
  });
}

interface Outcome {
  readonly send: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Sends in the same turn in which there is a connection and the gate is open: what is handed over earlier goes out
 * whenever a connection comes. From then on the request has its time, and is given up afterwards.
 */
function whenOpen(outgoing: ClientRequest, gate: Gate | undefined, { send, fail }: Outcome): void {
  if (gate === undefined) {
    send();
    return;
  }
  outgoing.once('socket', () => {
    try {
      if (!gate.isOpen()) throw new BrokenCall('it came too late to be sent', { cause: undefined, isSent: false });
    } catch (error) {
      fail(error);
      return;
    }
    const late = () => fail(new BrokenCall(`no answer within ${spokenTime(gate.withinMs)}`, { cause: undefined }));
    const timer = setTimeout(late, gate.withinMs);
    for (const end of ['response', 'upgrade', 'close']) outgoing.once(end, () => clearTimeout(timer));
    send();
  });
}

/** The whole body as text. A cut in the middle is a BrokenCall, never a shorter text. */
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
    throw broken(error, true);
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
  readonly gate?: Gate | undefined;
}

/** Opens a websocket. @throws KubeError when the server refuses it. */
export async function openWebSocket(
  { what, url, protocols, options, gate }: Upgrade,
  signal: AbortSignal,
): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^https/, 'wss'), [...protocols], {
    ...options,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    finishRequest: (outgoing) =>
      whenOpen(outgoing, gate, {
        send: () => void outgoing.end(),
        fail: (error) => void outgoing.destroy(error instanceof Error ? error : new Error(String(error))),
      }),
  });
  // Frames that come in one packet with the answer to the upgrade must not be lost before the caller listens.
  socket.once('open', () => socket.pause());
  // A websocket drops the error of its connection and closes without a word: why it broke is worth hearing.
  socket.once('upgrade', (answer) => answer.socket.once('error', (error) => socket.emit('error', error)));
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
    throw broken(error, true);
  }
}

/** The error as a BrokenCall when it tells of nothing but a stream that broke. */
function broken(error: unknown, isSent: boolean): unknown {
  if (!isReset(error) && !(error instanceof ConnectionCut)) return error;
  return new BrokenCall(`the connection to the api server broke: ${error.message}`, { cause: error, isSent });
}

/** True for what Node says of a stream that ended too early; it has no class of its own. */
export function isReset(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && RESETS.has(String(error.code));
}
