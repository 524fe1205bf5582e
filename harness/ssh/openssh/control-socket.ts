import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameCutter, MessageReader, message } from './wire.ts';

/** SSH messages, unencrypted, between us and the ssh program that sends them on over its connection. */
export interface MessageLink {
  send(type: number, body: Buffer, more?: Buffer): void;
  /** Resolves when there is room for more. */
  flush(): Promise<void>;
  onMessage(listener: (type: number, body: Buffer) => void): void;
  /** Bytes that went through, both ways: the messages, not what encryption makes of them. */
  readonly traffic: { readonly sent: number; readonly received: number };
  /** Aborts when ssh has gone or does not speak the protocol. */
  readonly ended: AbortSignal;
  close(): void;
}

const HELLO = 1;
const VERSION = 4;
const REQUEST_PROXY = 0x1000000f;
const ANSWER_PROXY = 0x8000000f;
/** Twice the longest packet that RFC 4253 wants to be taken, and OpenSSH takes. */
const LONGEST_FRAME = 512 * 1024;

/**
 * Connects to the control socket of an ssh program and has it pass on SSH messages: channels of ours over its
 * connection, without a further process or listener. Source: PROTOCOL.mux of OpenSSH, sections 1 and 9; since 7.4.
 * @throws Error when nobody listens there or the program is too old.
 */
export async function openControlSocket(path: string, signal: AbortSignal): Promise<MessageLink> {
  const socket = connect({ path });
  const over = new AbortController();
  const end = (why: string) => over.abort(new Error(why));
  socket.on('error', (error) => end(error.message)).on('close', () => end('ssh has closed its control socket'));
  const hangUp = () => socket.destroy();
  signal.addEventListener('abort', hangUp, { once: true });
  try {
    signal.throwIfAborted();
    await once(socket, 'connect', { signal });
    const frames = framesOf(socket);
    await startProxy(socket, frames, AbortSignal.any([signal, over.signal]));
    return linkOver(socket, frames, over);
  } catch (error) {
    socket.destroy();
    throw over.signal.aborted ? over.signal.reason : error;
  } finally {
    signal.removeEventListener('abort', hangUp);
  }
}

interface Frames {
  listener: (frame: Buffer) => void;
  received: number;
}

function framesOf(socket: Socket): Frames {
  const cutter = new FrameCutter(LONGEST_FRAME);
  const frames: Frames = { listener: () => {}, received: 0 };
  socket.on('data', (chunk) => {
    frames.received += chunk.length;
    try {
      for (const frame of cutter.push(chunk)) frames.listener(frame);
    } catch (error) {
      socket.destroy(new Error(`ssh does not speak its control protocol: ${String(error)}`));
    }
  });
  return frames;
}

async function startProxy(socket: Socket, frames: Frames, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    frames.listener = (frame) => {
      const reader = new MessageReader(frame);
      const type = reader.number();
      if (type === HELLO) {
        const version = reader.number();
        if (version !== VERSION) reject(new Error(`its control protocol has version ${version}, not ${VERSION}`));
      } else if (type === ANSWER_PROXY) resolve();
      else reject(new Error(`it refused to pass on messages: answer 0x${type.toString(16)}`));
    };
    for (const body of [message(HELLO, VERSION), message(REQUEST_PROXY, 0)]) socket.write(message(body));
  });
}

function linkOver(socket: Socket, frames: Frames, over: AbortController): MessageLink {
  let isCorked = false;
  const uncork = () => {
    isCorked = false;
    socket.uncork();
  };
  return {
    send(type, body, more = NOTHING) {
      if (socket.destroyed) return;
      if (!isCorked) {
        isCorked = true;
        socket.cork();
        queueMicrotask(uncork);
      }
      const head = Buffer.allocUnsafe(6);
      head.writeUInt32BE(2 + body.length + more.length);
      head.writeUInt8(0, 4);
      head.writeUInt8(type, 5);
      socket.write(Buffer.concat([head, body]));
      if (more.length > 0) socket.write(more);
    },
    async flush() {
      if (!socket.writableNeedDrain) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          socket.off('drain', done).off('close', done);
          resolve();
        };
        socket.once('drain', done).once('close', done);
      });
    },
    onMessage(listener) {
      frames.listener = (frame) => listener(frame.readUInt8(1), frame.subarray(2));
    },
    get traffic() {
      return { sent: socket.bytesWritten, received: frames.received };
    },
    ended: over.signal,
    close: () => void socket.destroy(),
  };
}

const NOTHING = Buffer.alloc(0);
