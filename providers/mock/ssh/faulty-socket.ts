import type { Socket } from 'node:net';
import type { ConnectionFault } from '../scenario/director.ts';

type SocketFault = Extract<ConnectionFault, { readonly do: 'cut' | 'freeze' }>;

/** A connection that a scenario can cut or freeze, at once or after so many more bytes of both directions together. */
export class FaultySocket {
  readonly #socket: Socket;
  #fault: SocketFault | undefined;
  #bytesLeft = 0;
  #thaw: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const write = socket.write.bind(socket) as (chunk: Uint8Array | string) => boolean;
    socket.write = ((chunk: Uint8Array | string) => this.#write(write, chunk)) as Socket['write'];
    socket.once('close', () => clearTimeout(this.#thaw));
  }

  strike(fault: SocketFault): void {
    this.#fault = fault;
    this.#bytesLeft = fault.afterBytes ?? 0;
    if (this.#bytesLeft === 0) this.#act(fault);
    else this.#socket.on('data', (chunk: Buffer) => this.#pass(chunk.length));
  }

  #write(write: (chunk: Uint8Array | string) => boolean, chunk: Uint8Array | string): boolean {
    if (this.#fault === undefined) return write(chunk);
    const bytes = Buffer.from(chunk);
    if (bytes.length < this.#bytesLeft) {
      this.#bytesLeft -= bytes.length;
      return write(chunk);
    }
    write(bytes.subarray(0, this.#bytesLeft));
    const held = bytes.subarray(this.#bytesLeft);
    this.#pass(this.#bytesLeft);
    // After a freeze the rest waits in the corked socket; after a cut there is nowhere to write to.
    return this.#socket.destroyed ? false : write(held);
  }

  #pass(bytes: number): void {
    this.#bytesLeft = Math.max(0, this.#bytesLeft - bytes);
    if (this.#bytesLeft === 0 && this.#fault !== undefined) this.#act(this.#fault);
  }

  #act(fault: SocketFault): void {
    this.#fault = undefined;
    if (fault.do === 'cut') {
      this.#socket.resetAndDestroy();
      return;
    }
    this.#socket.pause();
    this.#socket.cork();
    if (fault.forMs === undefined || !Number.isFinite(fault.forMs)) return;
    this.#thaw = setTimeout(() => {
      this.#socket.uncork();
      this.#socket.resume();
    }, fault.forMs);
  }
}
