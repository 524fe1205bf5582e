import type { MessageLink } from './control-socket.ts';
import { type MessageReader, message } from './wire.ts';

/** Message numbers of RFC 4254, section 9. */
export const MSG = {
  open: 90,
  openConfirmation: 91,
  openFailure: 92,
  windowAdjust: 93,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  request: 98,
  success: 99,
  failure: 100,
} as const;

/** What the user of a channel hears. */
export interface ChannelListener {
  /** Bytes on the channel; `isError` for stderr. They count as unread until `consumed` is called. */
  data?(bytes: Buffer, isError: boolean): void;
  eof?(): void;
  /** `exit-status` and `exit-signal`. */
  request?(name: string, fields: MessageReader): void;
  /** The last that is heard; no reason when both sides have said goodbye. */
  closed?(reason?: Error): void;
}

/** What both sides may send before the other has to agree: OpenSSH's own measure. */
export const WINDOW_BYTES = 2 * 1024 * 1024;
export const PACKET_BYTES = 32 * 1024;
/** Giving room back in small steps keeps a fast sender going. */
const ADJUST_BYTES = 128 * 1024;

/** One open channel of an SSH connection: RFC 4254, section 5. */
export class SshChannel {
  listener: ChannelListener = {};
  readonly #link: MessageLink;
  readonly #remoteId: number;
  readonly #maxPacket: number;
  #room: number;
  #consumed = 0;
  #waiting: (() => void) | undefined;
  #answers: ((isFine: boolean) => void)[] = [];
  #isClosing = false;
  #isOver = false;

  constructor(link: MessageLink, confirmation: MessageReader) {
    this.#link = link;
    this.#remoteId = confirmation.number();
    this.#room = confirmation.number();
    this.#maxPacket = Math.min(confirmation.number(), PACKET_BYTES);
  }

  /** Sends it all, as the other side makes room. Resolves early, with the rest unsent, when the channel ends. */
  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      while (this.#room === 0 && !this.#isOver && !this.#isClosing) await this.#moreRoom();
      if (this.#isOver || this.#isClosing) return;
      const piece = bytes.subarray(at, at + Math.min(this.#room, this.#maxPacket));
      this.#room -= piece.length;
      at += piece.length;
      this.#link.send(MSG.data, message(this.#remoteId, piece.length), piece);
      await this.#link.flush();
    }
  }

  /** Nothing more will be written. */
  endWriting(): void {
    if (!this.#isClosing && !this.#isOver) this.#link.send(MSG.eof, message(this.#remoteId));
  }

  /** Gives room back for so many bytes that were read. */
  consumed(bytes: number): void {
    this.#consumed += bytes;
    if (this.#consumed < ADJUST_BYTES || this.#isClosing || this.#isOver) return;
    this.#link.send(MSG.windowAdjust, message(this.#remoteId, this.#consumed));
    this.#consumed = 0;
  }

  /** Asks for something and hears whether it is granted; a channel that ends meanwhile grants nothing. */
  async ask(name: string, ...fields: readonly (number | boolean | string | Buffer)[]): Promise<boolean> {
    if (this.#isClosing || this.#isOver) return false;
    return await new Promise<boolean>((resolve) => {
      this.#answers.push(resolve);
      this.#link.send(MSG.request, message(this.#remoteId, name, true, ...fields));
    });
  }

  /** Asks for something and does not want to hear. */
  tell(name: string, ...fields: readonly (number | boolean | string | Buffer)[]): void {
    if (!this.#isClosing && !this.#isOver)
      this.#link.send(MSG.request, message(this.#remoteId, name, false, ...fields));
  }

  /** Says goodbye; what still comes is not heard. Safe to call twice. */
  close(): void {
    if (this.#isClosing || this.#isOver) return;
    this.#isClosing = true;
    this.#link.send(MSG.close, message(this.#remoteId));
    this.#waiting?.();
  }

  get isOpen(): boolean {
    return !this.#isClosing && !this.#isOver;
  }

  /** For the table of channels: what the server says. Returns true when the channel is no more. */
  take(type: number, reader: MessageReader): boolean {
    if (type === MSG.windowAdjust) {
      this.#room += reader.number();
      this.#waiting?.();
    } else if (type === MSG.data) {
      this.#hear(reader.bytes(), false);
    } else if (type === MSG.extendedData) {
      reader.number();
      this.#hear(reader.bytes(), true);
    } else if (type === MSG.eof) {
      this.listener.eof?.();
    } else if (type === MSG.request) {
      this.#takeRequest(reader);
    } else if (type === MSG.success || type === MSG.failure) {
      this.#answers.shift()?.(type === MSG.success);
    } else if (type === MSG.close) {
      if (!this.#isClosing) this.#link.send(MSG.close, message(this.#remoteId));
      this.over();
      return true;
    }
    return false;
  }

  /** For the table of channels: nothing more will come; with a reason when the connection has ended. */
  over(reason?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting?.();
    for (const answer of this.#answers.splice(0)) answer(false);
    this.listener.closed?.(reason);
  }

  #hear(bytes: Buffer, isError: boolean): void {
    if (!this.#isClosing) this.listener.data?.(bytes, isError);
  }

  #takeRequest(reader: MessageReader): void {
    const name = reader.text();
    // A server may ask whether we are there; nothing of what it could want is granted.
    if (reader.flag()) this.#link.send(MSG.failure, message(this.#remoteId));
    this.listener.request?.(name, reader);
  }

  async #moreRoom(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting = () => {
        this.#waiting = undefined;
        resolve();
      };
    });
  }
}
