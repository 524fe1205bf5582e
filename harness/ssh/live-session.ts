import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type ssh2 from 'ssh2';
import { ConnectionCut, InfraError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import { deadline } from '../scope/deadline.ts';
import { settle } from '../scope/settle.ts';
import type { ExecOptions, ExecResult } from './connection.ts';
import { followCommand } from './exec.ts';
import type { SshSession } from './session.ts';

const CHANNEL_WITHIN_MS = 15_000;
const GOODBYE_WITHIN_MS = 2000;

/** What a session lives on. */
export interface Lifeline {
  /** Ready: the handshake is done. */
  readonly client: ssh2.Client;
  /** The stream under the client: a socket, or a channel through another host. */
  readonly stream: Duplex;
  /** The socket under all of them. */
  readonly socket: Socket;
  readonly description: string;
  /** Takes down the hosts in between, after the session itself. */
  readonly release: () => void;
}

interface Opening<T> {
  readonly ask: (done: (error: Error | undefined, channel: ssh2.ClientChannel) => void) => void;
  readonly take: (channel: ssh2.ClientChannel) => T;
}

/** A session over a client that is ready, from its handshake to its end. */
export class LiveSession implements SshSession {
  readonly ended: AbortSignal;
  readonly #lifeline: Lifeline;
  readonly #ending = new AbortController();
  readonly #closed = new AbortController();
  /** Whatever ends the work under way: a cut or our own goodbye. */
  readonly #over: AbortSignal;
  readonly #channels = new Set<Duplex>();
  readonly #since = performance.now();

  constructor(lifeline: Lifeline) {
    this.#lifeline = lifeline;
    this.ended = this.#ending.signal;
    this.#over = AbortSignal.any([this.ended, this.#closed.signal]);
    const { client } = lifeline;
    client.removeAllListeners();
    client.on('error', (error) => this.#lose(describeLoss(error), error));
    client.on('end', () => this.#lose('the server ended it'));
    client.on('close', () => this.#lose('the connection broke'));
  }

  get traffic(): { readonly sent: number; readonly received: number } {
    const { socket } = this.#lifeline;
    return { sent: socket.bytesWritten, received: socket.bytesRead };
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const signal = AbortSignal.any([options.signal, this.#over]);
    const what = `ssh ${this.#lifeline.description}: run ${brief(command)}`;
    const { stdin, maxBytes } = options;
    const running = await this.#open(what, signal, {
      ask: (done) => this.#lifeline.client.exec(command, done),
      take: (channel) => followCommand(channel, { what, stdin, maxBytes }),
    });
    return await running.end(signal);
  }

  async openChannel(to: HostPort): Promise<Duplex> {
    const what = `ssh ${this.#lifeline.description}: open a channel to ${to.host}:${to.port}`;
    return await this.#open(what, this.#over, {
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
    this.#drop(cut);
  }

  async close(): Promise<void> {
    if (this.#over.aborted) return;
    const { client, stream, description } = this.#lifeline;
    const gone = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    const reason = new InfraError(`ssh ${description}: the connection is closed`);
    this.#closed.abort(reason);
    client.end();
    using bound = deadline(GOODBYE_WITHIN_MS, undefined, () => reason);
    try {
      await settle(gone, bound.signal);
    } catch {
      // A peer that does not say goodbye is hung up on.
    }
    this.#drop(reason);
  }

  /** Takes the channel in the very moment when it opens: what the peer sends with it would be missed otherwise. */
  async #open<T>(what: string, signal: AbortSignal, { ask, take }: Opening<T>): Promise<T> {
    signal.throwIfAborted();
    const late = () => new InfraError(`${what}: no answer within ${CHANNEL_WITHIN_MS} ms`);
    using bound = deadline(CHANNEL_WITHIN_MS, signal, late);
    const opened = new Promise<T>((resolve, reject) => {
      const done = (error: Error | undefined, channel: ssh2.ClientChannel) => {
        if (error) return reject(explainRefusal(what, error));
        if (!bound.signal.aborted) return resolve(take(channel));
        // Nobody waits for it any more.
        channel.on('error', () => {}).destroy();
      };
      try {
        ask(done);
      } catch (error) {
        // The socket is gone, and the client has not heard of it yet.
        reject(explainRefusal(what, error instanceof Error ? error : new Error(String(error))));
      }
    });
    return await settle(opened, bound.signal);
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
    const { description } = this.#lifeline;
    this.cut(
      new ConnectionCut(
        `ssh ${description}: connection lost at ${new Date().toISOString()}, ${seconds} s after it was made: ${what}`,
        { cause, hint: 'check the node and the network between here and there, then run again' },
      ),
    );
  }

  #drop(reason: Error): void {
    for (const channel of this.#channels) channel.destroy(reason);
    this.#channels.clear();
    this.#lifeline.stream.destroy();
    this.#lifeline.release();
  }
}

/** ssh2's own destroy() says goodbye and nothing more: no error, no `close` until the peer answers. */
function destroyForReal(channel: Duplex): void {
  const sayGoodbye = channel.destroy.bind(channel);
  channel.destroy = (error) => {
    if (channel.destroyed) return channel;
    sayGoodbye();
    return Duplex.prototype.destroy.call(channel, error);
  };
}

function describeLoss(error: Error & { level?: string }): string {
  if (error.message === 'Keepalive timeout') return 'the node stopped answering heartbeats';
  return error.message;
}

/** Reasons of RFC 4254, section 5.1. */
function explainRefusal(what: string, error: Error & { reason?: unknown }): InfraError {
  const seen = error.message
    .replace(/^\(SSH\) Channel open failure: /, '')
    .replace(/^open failed$/, 'the node refused');
  const hint =
    error.reason === 1
      ? 'the node forbids it: look at AllowTcpForwarding, PermitOpen, MaxSessions and restrictions in authorized_keys'
      : error.reason === 2
        ? 'nothing answers at that address as seen from the node'
        : undefined;
  return new InfraError(`${what}: ${seen}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

function brief(command: string): string {
  const line = command.trim().split('\n', 1)[0] ?? '';
  return line.length > 60 ? `"${line.slice(0, 57)}..."` : `"${line}"`;
}
