import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type ssh2 from 'ssh2';
import { ConnectionCut, InfraError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import { deadline } from '../scope/deadline.ts';
import { settle } from '../scope/settle.ts';
import { Commands } from './commands.ts';
import type { ExecOptions, ExecResult } from './connection.ts';
import { destroyForReal, openChannelOf } from './open-channel.ts';
import type { SshSession } from './session.ts';

const GOODBYE_WITHIN_MS = 2000;

/** What a session lives on. */
export interface Lifeline {
  /** Ready: the handshake is done. */
  readonly client: ssh2.Client;
  /** The stream under the client: a socket, or a channel through another host. */
  readonly stream: Duplex;
  /** The socket under all of them. */
  readonly socket: Socket;
  /** Begins every error, e.g. `ssh root@amd1:22`. */
  readonly what: string;
  /** The session with the host in between, which ends with this one. */
  readonly via?: LiveSession;
}

/** A session over a client that is ready, from its handshake to its end. */
export class LiveSession implements SshSession {
  readonly ended: AbortSignal;
  readonly #lifeline: Lifeline;
  readonly #ending = new AbortController();
  readonly #closed = new AbortController();
  /** Whatever ends the work under way: a cut or our own goodbye. */
  readonly #over: AbortSignal;
  readonly #commands: Commands;
  readonly #channels = new Set<Duplex>();
  readonly #since = performance.now();

  constructor(lifeline: Lifeline) {
    this.#lifeline = lifeline;
    this.ended = this.#ending.signal;
    this.#over = AbortSignal.any([this.ended, this.#closed.signal]);
    const { client, what, via } = lifeline;
    this.#commands = new Commands(client, what, this.#over);
    client.removeAllListeners();
    client.on('error', (error) => this.#lose(error.message, error));
    client.on('end', () => this.#lose('the server ended it'));
    client.on('close', () => this.#lose('the connection broke'));
    via?.ended.addEventListener('abort', () => this.#lose(via.ended.reason.message, via.ended.reason), { once: true });
  }

  get traffic(): { readonly sent: number; readonly received: number } {
    const { socket } = this.#lifeline;
    return { sent: socket.bytesWritten, received: socket.bytesRead };
  }

  /**
   * Greets the login shell in the background, which quickens the connection; commands wait for it, channels do not.
   * A server that runs no commands is only slower, and what it says is told when a command is asked for.
   */
  quicken(): void {
    this.#commands.greet().catch(() => {});
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    return await this.#commands.exec(command, options);
  }

  async openChannel(to: HostPort): Promise<Duplex> {
    const what = `${this.#lifeline.what}: open a channel to ${to.host}:${to.port}`;
    return await openChannelOf(what, this.#over, {
      ask: (done) => this.#lifeline.client.forwardOut('127.0.0.1', 0, to.host, to.port, done),
      take: (channel) => this.#adopt(channel),
    });
  }

  /**
   * Takes back a forwarding that was never asked for: RFC 4254, section 7.1, makes every server answer that, with a
   * refusal, whatever it allows and however many sessions are open.
   */
  async ping(signal: AbortSignal): Promise<void> {
    const bound = AbortSignal.any([signal, this.#over]);
    bound.throwIfAborted();
    const answered = new Promise<void>((resolve) => {
      // The library also calls back when the connection closes; `#over` has spoken by then.
      this.#lifeline.client.unforwardIn('', 0, () => resolve());
    });
    await settle(answered, bound);
    bound.throwIfAborted();
  }

  cut(reason: Error): void {
    if (this.#over.aborted) return;
    const cut = reason instanceof ConnectionCut ? reason : new ConnectionCut(reason.message, { cause: reason });
    this.#ending.abort(cut);
    const { stream } = this.#lifeline;
    // What was written and has not left yet must not arrive when the line heals: nobody knows any more that it may.
    if (stream instanceof Socket) stream.resetAndDestroy();
    this.#drop(cut);
    this.#lifeline.via?.cut(cut);
  }

  async close(): Promise<void> {
    if (this.#over.aborted) return;
    const { client, stream, what, via } = this.#lifeline;
    const gone = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    const reason = new InfraError(`${what}: the connection is closed`);
    this.#closed.abort(reason);
    client.end();
    using bound = deadline(GOODBYE_WITHIN_MS, undefined, () => reason);
    try {
      await settle(gone, bound.signal);
    } catch {
      // A peer that does not say goodbye is hung up on.
    }
    this.#drop(reason);
    await via?.close();
  }

  #adopt(channel: Duplex): Duplex {
    this.#channels.add(channel);
    channel.once('close', () => this.#channels.delete(channel));
    // Its user hears of errors by listening too; one that comes after must not end the process.
    channel.on('error', () => {});
    destroyForReal(channel);
    return channel;
  }

  #lose(what: string, cause?: unknown): void {
    if (this.#over.aborted) return;
    const seconds = Math.round((performance.now() - this.#since) / 100) / 10;
    this.cut(
      new ConnectionCut(
        `${this.#lifeline.what}: connection lost at ${new Date().toISOString()}, ${seconds} s after it was made: ${what}`,
        { cause, hint: 'check the node and the network between here and there, then run again' },
      ),
    );
  }

  #drop(reason: Error): void {
    for (const channel of this.#channels) channel.destroy(reason);
    this.#channels.clear();
    this.#lifeline.stream.destroy();
  }
}
