import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { ConnectionCut, InfraError, LaneError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import { spokenTime } from '../model/spoken-time.ts';
import type { Scope } from '../scope/scope.ts';
import { settle } from '../scope/settle.ts';
import type { ExecOptions, ExecResult, SshConnection } from './connection.ts';
import { Gate } from './gate.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { quicken } from './quicken.ts';
import { type Attempts, type OpenedSession, reconnect } from './reconnect.ts';
import { RoundTrips, rounded } from './round-trips.ts';
import type { SshSession, SshTransport } from './session.ts';
import { Timeline } from './timeline.ts';

/** How a connection is kept. */
export interface Supervision {
  /**
   * How long each cut may take to heal, counted from when it is noticed; 0 heals nothing. Cuts that follow each other
   * within seconds count as one, with all the time that there was no connection, or a line that drops every session
   * would never be given up.
   */
  readonly budgetMs: number;
  /** Silence that counts as a cut sooner than the line itself suggests. */
  readonly deadAfterMs?: number | undefined;
  /** True while a person is asked for something, e.g. a code to log in again. */
  readonly isAsking?: () => boolean;
}

type Details = Parameters<Timeline['add']>[1];

const HINT = 'check the node and the network between here and there, then run again';
const MEASURED_EVERY_MS = 60_000;
const SLOW_EVERY_MS = 30_000;
/** A session that lives shorter than this, and the time in which its death is noticed, has healed nothing. */
const SHORT_LIFE_MS = 2000;

/**
 * One connection over as many sessions as it takes: watches each by a heartbeat, and replaces one that is cut. What was
 * under way then has been rejected with a ConnectionCut; what is asked for meanwhile waits for the next session. A cut
 * that does not heal within the budget, or for a reason that time does not mend, aborts the scope. Every moment is told
 * as an event. A stop of the scope does not end the healing: undoing needs the connection too.
 */
export class SupervisedConnection implements SshConnection {
  readonly description: string;
  readonly lost: AbortSignal;
  readonly #scope: Scope;
  readonly #transport: SshTransport;
  readonly #supervision: Supervision;
  readonly #line = new RoundTrips();
  readonly #timeline: Timeline;
  readonly #losing = new AbortController();
  readonly #closed = new AbortController();
  /** No session will ever come again. */
  readonly #over: AbortSignal;
  readonly #firstAt = performance.now();
  readonly #firstMs: number;
  #gate = new Gate<SshSession>();
  #session: SshSession | undefined;
  #heartbeat: Heartbeat | undefined;
  #healing: Promise<void> | undefined;
  #quickened: Promise<void> = Promise.resolve();
  #adoptedAt = 0;
  /** Cuts since a session lived long enough to count as healing, and the time without a connection meanwhile. */
  #cutsInRow = 0;
  #spentMs = 0;
  #measuredAt = performance.now();
  #slowAt = Number.NEGATIVE_INFINITY;

  constructor(
    scope: Scope,
    transport: SshTransport,
    { first, ...supervision }: Supervision & { first: OpenedSession },
  ) {
    this.#scope = scope;
    this.#transport = transport;
    this.#supervision = supervision;
    this.#firstMs = first.ms;
    this.description = transport.description;
    this.#timeline = new Timeline(transport, this.#line);
    this.lost = this.#losing.signal;
    this.#over = AbortSignal.any([this.lost, this.#closed.signal]);
    // During a cut everything that the run asks for waits here.
    setMaxListeners(0, this.#over);
    this.#tell('connected', { saw: this.description }, first.session);
    this.#adopt(first.session);
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    for (;;) {
      const session = await this.#next(options.signal);
      // A server may allow one session channel at a time.
      await settle(this.#quickened, AbortSignal.any([options.signal, this.#over]));
      if (!session.ended.aborted) return await session.exec(command, options);
    }
  }

  async openChannel(to: HostPort): Promise<Duplex> {
    for (;;) {
      const session = await this.#next(this.#over);
      try {
        return await session.openChannel(to);
      } catch (error) {
        // Nothing went through it yet: it can as well be opened on the next session.
        if (!session.ended.aborted) throw error;
      }
    }
  }

  async close(): Promise<void> {
    if (this.#over.aborted) return await this.#healing;
    const session = this.#session;
    this.#heartbeat?.stop();
    this.#closed.abort(new InfraError(`ssh ${this.description}: the connection is closed`));
    await Promise.all([session?.close(), this.#healing]);
    this.#tell('closed', {}, session);
  }

  /** The session that there is, or the next one. */
  async #next(signal: AbortSignal): Promise<SshSession> {
    const either = AbortSignal.any([signal, this.#over]);
    for (;;) {
      either.throwIfAborted();
      const session = await settle(this.#gate.opened, either);
      // One that was cut while we were being told of it has a successor, behind another gate.
      if (!session.ended.aborted) return session;
    }
  }

  #adopt(session: SshSession): void {
    this.#session = session;
    this.#adoptedAt = performance.now();
    this.#heartbeat = startHeartbeat(session, this.#line, {
      deadAfterMs: this.#supervision.deadAfterMs,
      listener: {
        dead: (silentMs) => session.cut(this.#silence(silentMs)),
        slow: (silentMs) => this.#slow(silentMs),
        measured: () => this.#measured(),
      },
    });
    if (session.ended.aborted) {
      this.#cut(session);
      return;
    }
    session.ended.addEventListener('abort', () => this.#cut(session), { once: true });
    this.#quickened = session.quicken === undefined ? this.#quicken(session) : Promise.resolve(session.quicken());
    this.#gate.open(session);
  }

  async #quicken(session: SshSession): Promise<void> {
    const reason = await quicken(session);
    if (reason === undefined || session.ended.aborted) return;
    this.#scope.log.detail(`ssh ${this.description}: no session to quicken the connection: ${this.#spoken(reason)}`);
  }

  #cut(session: SshSession): void {
    if (this.#over.aborted) return;
    this.#heartbeat?.stop();
    const reason = asError(session.ended.reason);
    // Silence began when the last byte came; everything else is noticed when it happens.
    const noticedAt = performance.now();
    const since = reason instanceof Silence ? (this.#heartbeat?.heardAt ?? noticedAt) : noticedAt;
    this.#session = undefined;
    if (this.#gate.isOpen) this.#gate = new Gate();
    this.#timeline.addTraffic(session.traffic);
    this.#tell('cut', { saw: this.#spoken(reason) });
    if (noticedAt - this.#adoptedAt > SHORT_LIFE_MS + this.#line.patienceMs) {
      this.#cutsInRow = 0;
      this.#spentMs = 0;
    }
    this.#cutsInRow += 1;
    if (this.#supervision.budgetMs <= this.#spentMs) this.#lose(reason, noticedAt - since, { tries: 0 });
    else this.#healing = this.#heal(reason, since);
  }

  async #heal(reason: Error, since: number): Promise<void> {
    const { budgetMs, isAsking } = this.#supervision;
    const healed = await reconnect(this.#transport, {
      budgetMs: budgetMs - this.#spentMs,
      usualMs: this.#firstMs,
      signal: this.#closed.signal,
      ...(isAsking === undefined ? {} : { isAsking }),
      // A node that takes us and drops us again and again is not asked without a pause.
      pauses: Math.max(0, this.#cutsInRow - 2),
    });
    const downMs = performance.now() - since;
    this.#spentMs += downMs;
    if (this.#closed.signal.aborted) {
      if ('session' in healed) await healed.session.close();
      return;
    }
    if ('session' in healed) {
      const { session, tries } = healed;
      this.#tell('reconnected', { ms: Math.round(downMs), saw: tries === 1 ? 'at once' : `at try ${tries}` }, session);
      return this.#adopt(session);
    }
    this.#lose(reason, downMs, healed);
  }

  #lose(reason: Error, downMs: number, { tries, last }: Attempts) {
    const again = this.#cutsInRow > 1 ? `; the cut number ${this.#cutsInRow} in a row` : '';
    const spent = tries === 0 ? again : `${again}; not healed in ${spokenTime(downMs)}, ${counted(tries)}`;
    const seen = last === undefined ? '' : `, the last: ${this.#spoken(last)}`;
    const hint = last instanceof LaneError ? last.hint : undefined;
    // What both say stands in the message already: only what is behind it is not told yet.
    const { cause } = last ?? reason;
    const usual = this.#supervision.budgetMs === 0 ? `let it heal with --connection-budget, or ${HINT}` : HINT;
    const loss = new InfraError(`${reason.message}${spent}${seen}`, { cause, hint: hint ?? usual });
    this.#tell('lost', { ms: Math.round(downMs), saw: this.#spoken(loss) });
    this.#losing.abort(loss);
    this.#scope.abort(loss);
  }

  #silence(silentMs: number): Silence {
    const seconds = Math.round((performance.now() - this.#firstAt) / 100) / 10;
    const when = `connection lost at ${new Date().toISOString()}, ${seconds} s after it was made`;
    const what = `the node stopped answering heartbeats, nothing was heard for ${spokenTime(silentMs)}`;
    return new Silence(`ssh ${this.description}: ${when}: ${what}`, { hint: HINT });
  }

  #slow(silentMs: number): void {
    const now = performance.now();
    if (now - this.#slowAt < SLOW_EVERY_MS) return;
    this.#slowAt = now;
    this.#tell('slow', { ms: Math.round(silentMs), saw: 'nothing was heard, then it went on' }, this.#session);
  }

  #measured(): void {
    const now = performance.now();
    if (now - this.#measuredAt < MEASURED_EVERY_MS) return;
    this.#measuredAt = now;
    this.#tell('measured', {}, this.#session);
  }

  #tell(kind: Parameters<Timeline['add']>[0], details: Details, session?: SshSession): void {
    const { latestMs } = this.#line;
    const roundTrip = latestMs === undefined ? {} : { roundTripMs: rounded(latestMs) };
    const moment = this.#timeline.add(kind, { ...roundTrip, ...details });
    this.#scope.emit({ type: 'connection', moment, record: this.#timeline.record(session?.traffic) });
  }

  /** Without the name of the connection, which stands before it anyway. */
  #spoken(error: Error): string {
    const name = `ssh ${this.description}: `;
    return error.message.startsWith(name) ? error.message.slice(name.length) : error.message;
  }
}

function counted(tries: number): string {
  return tries === 1 ? '1 try' : `${tries} tries`;
}

/** The peer was not heard any more. */
class Silence extends ConnectionCut {}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
