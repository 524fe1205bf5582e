import { MSG, PACKET_BYTES, SshChannel, WINDOW_BYTES } from './channel.ts';
import type { MessageLink } from './control-socket.ts';
import { MessageReader, message } from './wire.ts';

/** The server's refusal of a channel. Reasons of RFC 4254, section 5.1. */
export class ChannelRefused extends Error {
  override readonly name = 'ChannelRefused';
  readonly reason: number;
  constructor(reason: number, description: string) {
    super(description);
    this.reason = reason;
  }
}

interface Opening {
  confirmed(channel: SshChannel): void;
  failed(error: Error): void;
}

/** The channels of one connection. */
export class ChannelTable {
  readonly #link: MessageLink;
  readonly #opening = new Map<number, Opening>();
  readonly #channels = new Map<number, SshChannel>();
  #nextId = 0;

  constructor(link: MessageLink) {
    this.#link = link;
    link.onMessage((type, body) => this.#take(type, new MessageReader(body)));
  }

  /**
   * Opens a channel; `take` gets it in the moment when it opens, before anything more is heard.
   * @throws ChannelRefused; the reason of `signal` when that aborts first.
   */
  async open<T>(
    type: string,
    fields: readonly (number | string)[],
    { signal, take }: { readonly signal: AbortSignal; readonly take: (channel: SshChannel) => T },
  ): Promise<T> {
    signal.throwIfAborted();
    const id = this.#nextId++;
    return await new Promise<T>((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#opening.set(id, {
        confirmed(channel) {
          signal.removeEventListener('abort', onAbort);
          // Nobody waits for it any more.
          if (signal.aborted) channel.close();
          else resolve(take(channel));
        },
        failed(error) {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      });
      this.#link.send(MSG.open, message(type, id, WINDOW_BYTES, PACKET_BYTES, ...fields));
    });
  }

  /** Some channel that is open. */
  get anyOpen(): SshChannel | undefined {
    for (const channel of this.#channels.values()) if (channel.isOpen) return channel;
    return undefined;
  }

  /** Ends every channel: the connection is gone. */
  over(reason: Error): void {
    for (const { failed } of this.#opening.values()) failed(reason);
    this.#opening.clear();
    for (const channel of this.#channels.values()) channel.over(reason);
    this.#channels.clear();
  }

  #take(type: number, reader: MessageReader): void {
    const id = reader.number();
    const opening = this.#opening.get(id);
    if (type === MSG.openConfirmation) {
      this.#opening.delete(id);
      const channel = new SshChannel(this.#link, reader);
      this.#channels.set(id, channel);
      opening?.confirmed(channel);
    } else if (type === MSG.openFailure) {
      this.#opening.delete(id);
      opening?.failed(new ChannelRefused(reader.number(), reader.text()));
    } else if (this.#channels.get(id)?.take(type, reader) === true) {
      this.#channels.delete(id);
    }
  }
}
