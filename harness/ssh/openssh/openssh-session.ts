import type { Duplex } from 'node:stream';
import { ConnectionCut, InfraError } from '../../errors/errors.ts';
import type { HostPort } from '../../model/host.ts';
import { deadline } from '../../scope/deadline.ts';
import { settle } from '../../scope/settle.ts';
import type { ExecOptions, ExecResult } from '../connection.ts';
import { NOTHING_ANSWERS } from '../open-channel.ts';
import type { SshSession } from '../session.ts';
import type { SshChannel } from './channel.ts';
import { runOnChannel } from './channel-command.ts';
import { ChannelStream } from './channel-stream.ts';
import { ChannelRefused, ChannelTable } from './channel-table.ts';
import { explainCut } from './explain.ts';
import type { Master } from './master.ts';

/** sshd says of it that opening failed, and why only to its log. */
const NO_SESSION = 'the node allows no further session: look at MaxSessions there';
const CHANNEL_WITHIN_MS = 15_000;
const GOODBYE_WITHIN_MS = 2000;

interface Opening<T> {
  /** What to do, by the reason of a refusal: RFC 4254, section 5.1. */
  readonly hints: Readonly<Record<number, string>>;
  readonly open: (signal: AbortSignal) => Promise<T>;
}

/** A session over an ssh program that has authenticated, from then to its end. */
export class OpensshSession implements SshSession {
  readonly ended: AbortSignal;
  readonly #master: Master;
  readonly #description: string;
  readonly #channels: ChannelTable;
  readonly #ending = new AbortController();
  readonly #closed = new AbortController();
  /** Whatever ends the work under way: a cut or our own goodbye. */
  readonly #over: AbortSignal;
  readonly #since = performance.now();
  /** A session channel that runs nothing yet: it carries the pings, and the next command takes it. */
  #spare: Promise<SshChannel> | undefined;

  constructor(master: Master, description: string) {
    this.#master = master;
    this.#description = description;
    this.ended = this.#ending.signal;
    this.#over = AbortSignal.any([this.ended, this.#closed.signal]);
    this.#channels = new ChannelTable(master.link);
    // Its words come first: a control socket that closes says less.
    void master.program.ended.then(({ code }) => this.#lose(`ssh ended with exit status ${code}`));
    master.link.ended.addEventListener('abort', () => void this.#endWithWords(), { once: true });
  }

  get traffic(): { readonly sent: number; readonly received: number } {
    return this.#master.link.traffic;
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const signal = AbortSignal.any([options.signal, this.#over]);
    const what = `ssh ${this.#description}: run ${brief(command)}`;
    const channel = await this.#opening(what, signal, {
      hints: { 1: NO_SESSION, 2: NO_SESSION },
      open: (bound) => this.#takeSpare(bound),
    });
    return await runOnChannel(channel, command, { ...options, what, signal });
  }

  async openChannel(to: HostPort): Promise<Duplex> {
    const what = `ssh ${this.#description}: open a channel to ${to.host}:${to.port}`;
    return await this.#opening(what, this.#over, {
      hints: {
        1: 'the node forbids it: look at AllowTcpForwarding, PermitOpen and restrictions in authorized_keys',
        2: NOTHING_ANSWERS,
      },
      open: (signal) =>
        this.#channels.open('direct-tcpip', [to.host, to.port, '127.0.0.1', 0], {
          signal,
          take: (channel) => new ChannelStream(channel),
        }),
    });
  }

  /** Asks on any channel for what no server knows: RFC 4254, section 5.4, makes it answer that. */
  async ping(signal: AbortSignal): Promise<void> {
    const bound = AbortSignal.any([signal, this.#over]);
    bound.throwIfAborted();
    const answered = (async () => {
      const channel = this.#channels.anyOpen ?? (await this.#keepSpare());
      await channel.ask('keepalive@openssh.com');
    })().catch((error) => {
      // A refusal is an answer too.
      if (!(error instanceof ChannelRefused)) throw error;
    });
    await settle(answered, bound);
    bound.throwIfAborted();
  }

  cut(reason: Error): void {
    if (this.#over.aborted) return;
    const cut = reason instanceof ConnectionCut ? reason : new ConnectionCut(reason.message, { cause: reason });
    this.#ending.abort(cut);
    this.#channels.over(cut);
    this.#master.program.kill('SIGKILL');
    this.#master.link.close();
    void this.#master.end(0).catch(() => {});
  }

  async close(): Promise<void> {
    if (!this.#over.aborted) {
      const reason = new InfraError(`ssh ${this.#description}: the connection is closed`);
      this.#closed.abort(reason);
      this.#channels.over(reason);
      this.#master.link.close();
    }
    await this.#master.end(GOODBYE_WITHIN_MS);
  }

  async #opening<T>(what: string, over: AbortSignal, { hints, open }: Opening<T>): Promise<T> {
    over.throwIfAborted();
    const late = () => new InfraError(`${what}: no answer within ${CHANNEL_WITHIN_MS} ms`);
    using bound = deadline(CHANNEL_WITHIN_MS, over, late);
    try {
      return await settle(open(bound.signal), bound.signal);
    } catch (error) {
      if (!(error instanceof ChannelRefused)) throw error;
      const seen = error.message.replace(/^open failed$/, 'the node refused');
      const hint = hints[error.reason];
      throw new InfraError(`${what}: ${seen}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
    }
  }

  async #takeSpare(signal: AbortSignal): Promise<SshChannel> {
    const spare = this.#spare;
    this.#spare = undefined;
    const channel = await spare?.catch(() => undefined);
    if (channel?.isOpen === true) return channel;
    return await this.#openSession(signal);
  }

  #keepSpare(): Promise<SshChannel> {
    this.#spare ??= this.#openSession(this.#over);
    this.#spare.catch(() => {
      this.#spare = undefined;
    });
    return this.#spare;
  }

  #openSession(signal: AbortSignal): Promise<SshChannel> {
    return this.#channels.open('session', [], { signal, take: (channel) => channel });
  }

  async #endWithWords(): Promise<void> {
    const late = () => new Error('it still runs');
    using bound = deadline(GOODBYE_WITHIN_MS, this.#over, late);
    await settle(this.#master.program.ended, bound.signal).catch(() => {});
    this.#lose('ssh does not pass on messages any more');
  }

  #lose(what: string): void {
    if (this.#over.aborted) return;
    const said = this.#master.program.said().trim() || what;
    const forMs = performance.now() - this.#since;
    this.cut(explainCut({ description: this.#description, said }, forMs));
  }
}

function brief(command: string): string {
  const line = command.trim().split('\n', 1)[0] ?? '';
  return line.length > 60 ? `"${line.slice(0, 57)}..."` : `"${line}"`;
}
