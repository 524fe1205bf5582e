import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { HandlerRefusal } from '../handler/server.ts';
import { badRequest, conflict, SubresourceRefusal } from './answers.ts';
import { type Call, handlerOf, isPaused, isRunning, subjectOf, vmiOf } from './context.ts';
import { consoleRefusal, vncRefusal } from './vmi-subresources.ts';

/** The one subprotocol of KubeVirt's streams: raw bytes in binary frames. Source: client-go subresources/constants.go. */
const PLAIN = 'plain.kubevirt.io';
/** Bytes in one frame, as KubeVirt's copy buffer has it. */
const FRAME_BYTES = 10_240;

/** The streams that virt-api holds open. */
export class Streams {
  readonly #server = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(PLAIN) ? PLAIN : false),
    perMessageDeflate: false,
  });
  readonly #open = new Map<WebSocket, Duplex>();

  /** Answers an upgrade, or refuses it with a Status. */
  async upgrade(
    call: Call,
    request: IncomingMessage,
    { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
  ): Promise<void> {
    try {
      const stream = await streamFor(call);
      this.#server.handleUpgrade(request, socket, head, (client) => this.#join(client, stream));
    } catch (error) {
      if (!(error instanceof SubresourceRefusal || error instanceof HandlerRefusal)) throw error;
      const body = error instanceof SubresourceRefusal ? error.body : { code: error.status, message: error.message };
      refuse(socket, body.code, JSON.stringify(body));
    }
  }

  close(): void {
    for (const [client, stream] of this.#open) {
      stream.destroy();
      // Without waiting for the other side's farewell.
      client.terminate();
    }
  }

  #join(client: WebSocket, stream: Duplex): void {
    this.#open.set(client, stream);
    stream.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += FRAME_BYTES)
        client.send(bytes.subarray(at, at + FRAME_BYTES), { binary: true });
    });
    stream.on('error', () => {});
    stream.once('close', () => {
      client.close();
    });
    client.on('message', (data: Buffer, binary: boolean) => {
      // Text frames are passed over, as the real copier does.
      if (binary && !stream.destroyed) stream.write(data);
    });
    client.on('error', () => {});
    client.once('close', () => {
      this.#open.delete(client);
      stream.destroy();
    });
  }
}

async function streamFor(call: Call): Promise<Duplex> {
  const vmi = await vmiOf(call);
  const { subresource } = call.request;
  if (subresource === 'console') {
    const refusal = consoleRefusal(call, vmi);
    if (refusal !== undefined) throw refusal;
    return (await handlerOf(call.context, vmi)).console(vmi);
  }
  if (subresource === 'vnc') throw vncRefusal(call, vmi) ?? badRequest('the simulated guest has no screen');
  if (!isRunning(vmi)) throw conflict(subjectOf(call.request), 'VMI is not running');
  if (subresource === 'usbredir') throw conflict(subjectOf(call.request), 'Not configured with USB Redirection');
  if (isPaused(vmi)) throw conflict(subjectOf(call.request), 'VMI is paused');
  throw new HandlerRefusal(500, `dial tcp 10.0.2.2:${call.request.rest[0] ?? ''}: connect: connection refused`);
}

/** Ends an upgrade with a plain answer. */
export function refuse(socket: Duplex, code: number, text: string, type = 'application/json'): void {
  const reason = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 409: 'Conflict' }[code];
  const head = `HTTP/1.1 ${code} ${reason ?? 'Internal Server Error'}\r\ncontent-type: ${type}\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`);
}
