import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A loopback listener that can be shut and opened again on the same port, and knows who is inside. */
export class Door {
  readonly #welcome: (socket: Socket) => void;
  readonly #inside = new Set<Socket>();
  #listener: Server | undefined;
  #port = 0;
  #reopening: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(welcome: (socket: Socket) => void) {
    this.#welcome = welcome;
  }

  /** Starts to listen. The port is the system's choice the first time and stays the same. */
  async open(): Promise<number> {
    const listener = createServer((socket) => this.#enter(socket));
    this.#listener = listener;
    listener.listen(this.#port, '127.0.0.1');
    await once(listener, 'listening');
    this.#port = (listener.address() as AddressInfo).port;
    return this.#port;
  }

  /** Stops to listen, so that a new client is refused; who is inside stays. Opens again after `forMs`. */
  shut(forMs: number): void {
    this.#listener?.close();
    this.#listener = undefined;
    clearTimeout(this.#reopening);
    if (!Number.isFinite(forMs) || this.#closed) return;
    // A port that somebody else took meanwhile stays theirs: the outage goes on.
    this.#reopening = setTimeout(() => this.open().catch(() => {}), forMs);
  }

  /** Shuts for good and turns everybody out. */
  async close(): Promise<void> {
    this.#closed = true;
    const listener = this.#listener;
    this.shut(Number.POSITIVE_INFINITY);
    for (const socket of this.#inside) socket.destroy();
    if (listener !== undefined) await once(listener, 'close');
  }

  #enter(socket: Socket): void {
    this.#inside.add(socket);
    // A client that vanishes is no trouble of the host's.
    socket.on('error', () => {});
    socket.once('close', () => this.#inside.delete(socket));
    this.#welcome(socket);
  }
}
