import { Duplex } from 'node:stream';
import type { SshChannel } from './channel.ts';

/** A channel as a stream. It ends with an error when the connection does. */
export class ChannelStream extends Duplex {
  readonly #channel: SshChannel;
  #unread = 0;
  #isAtEnd = false;

  constructor(channel: SshChannel) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
    channel.listener = {
      data: (bytes) => {
        if (this.push(bytes)) channel.consumed(bytes.length);
        else this.#unread += bytes.length;
      },
      eof: () => this.#endReading(),
      closed: (reason) => {
        if (reason !== undefined) this.destroy(reason);
        else this.#goodbye();
      },
    };
    // Its user hears of errors by listening too; one that comes after must not end the process.
    this.on('error', () => {});
  }

  override _read(): void {
    if (this.#unread === 0) return;
    this.#channel.consumed(this.#unread);
    this.#unread = 0;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#channel.write(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.endWriting();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#channel.close();
    done(error);
  }

  /** What was not read yet may still be. */
  #goodbye(): void {
    if (this.destroyed) return;
    this.#endReading();
    if (!this.writableEnded) this.end();
  }

  #endReading(): void {
    if (this.#isAtEnd || this.destroyed) return;
    this.#isAtEnd = true;
    this.push(null);
  }
}
