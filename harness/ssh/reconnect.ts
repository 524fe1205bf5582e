import { ConnectionCut, InfraError } from '../errors/errors.ts';
import { spokenTime } from '../model/spoken-time.ts';
import { deadline } from '../scope/deadline.ts';
import { settle } from '../scope/settle.ts';
import type { SshSession, SshTransport } from './session.ts';

/** Bounds of the tries. */
export interface Tries {
  /** All of them together. */
  readonly budgetMs: number;
  /** How long the transport took when all was well: a try that takes many times as long is given up for a new one. */
  readonly usualMs: number;
  readonly signal: AbortSignal;
  /** Pauses that count as made already; default 0: the first try is made at once. */
  readonly pauses?: number;
  /** True while a person is asked for something: the try waits for them then. */
  readonly isAsking?: () => boolean;
  /** Refusals in a row that end it; default 3. */
  readonly refusals?: number;
}

/** Tries that came to nothing; `last` is what the last one saw. */
export interface Attempts {
  readonly tries: number;
  readonly last?: Error;
}

/** What came of the tries. */
export type Reconnection = Attempts | { readonly session: SshSession; readonly tries: number };

const TRY_MIN_MS = 3000;
const TRY_MAX_MS = 15_000;
const PAUSE_FIRST_MS = 100;
const PAUSE_MAX_MS = 5000;
/** A host that is being restarted may refuse us for a moment; one that goes on refusing means it. */
const REFUSALS_MAX = 3;

/**
 * Tries to open a session: at once, then after pauses that double from 100 ms to 5 s, each between half and whole by
 * chance. A refusal that no new try can mend, such as another host key, ends it when it comes three times in a row.
 * Never rejects; a session that comes when the signal has aborted is given back all the same.
 */
export async function reconnect(transport: SshTransport, options: Tries): Promise<Reconnection> {
  const { budgetMs, signal, pauses = 0, refusals: refusalsMax = REFUSALS_MAX } = options;
  using bound = deadline(budgetMs, signal, () => new ConnectionCut('no time is left'));
  let last: Error | undefined;
  let refusals = 0;
  let tries = 0;
  while (!bound.signal.aborted) {
    if (pauses + tries > 0) await pause(pauseMs(pauses + tries), bound.signal);
    if (bound.signal.aborted) break;
    tries += 1;
    try {
      return {
        session: await open(transport, { withinMs: tryMs(options, tries), isAsking: options.isAsking }, bound.signal),
        tries,
      };
    } catch (error) {
      // What ends with the budget says less than what was seen before.
      if (bound.signal.aborted && last !== undefined) break;
      last = error instanceof Error ? error : new Error(String(error));
      refusals = last instanceof ConnectionCut ? 0 : refusals + 1;
      if (refusals >= refusalsMax) break;
    }
  }
  return last === undefined ? { tries } : { tries, last };
}

/** Tries of the first connection: a busy sshd drops some greetings (MaxStartups), a wrong port should be told soon. */
const FIRST_TRIES = 3;
/** Who took longer to fail is not asked again: whoever waits for the first connection wants to hear why. */
const FIRST_RETRY_WITHIN_MS = 2000;

/** The first session of all, and how long the try that made it took. @throws InfraError */
export async function firstSession(transport: SshTransport, signal: AbortSignal): Promise<OpenedSession> {
  const beganAt = performance.now();
  for (let tries = 1; ; tries += 1) {
    const startedAt = performance.now();
    try {
      return { session: await transport.open(signal), ms: performance.now() - startedAt };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ConnectionCut)) throw error;
      const { message, hint, cause } = error;
      const isLast = tries === FIRST_TRIES || performance.now() - beganAt > FIRST_RETRY_WITHIN_MS;
      if (isLast) throw new InfraError(message, hint === undefined ? { cause } : { cause, hint });
      await pause(pauseMs(tries), signal);
    }
  }
}

/** A session and how long it took to open. */
export interface OpenedSession {
  readonly session: SshSession;
  readonly ms: number;
}

interface Try {
  readonly withinMs: number;
  readonly isAsking?: (() => boolean) | undefined;
}

async function open(transport: SshTransport, { withinMs, isAsking }: Try, signal: AbortSignal): Promise<SshSession> {
  const over = new AbortController();
  const end = () => {
    if (isAsking?.() === true) timer = setTimeout(end, withinMs);
    else over.abort(new ConnectionCut(`no session within ${spokenTime(withinMs)}`));
  };
  let timer = setTimeout(end, withinMs);
  const either = AbortSignal.any([signal, over.signal]);
  const opening = transport.open(either);
  try {
    return await settle(opening, either);
  } catch (error) {
    opening.then((session) => session.close()).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function tryMs({ usualMs }: Tries, tries: number): number {
  return Math.min(TRY_MAX_MS, Math.max(TRY_MIN_MS, 4 * usualMs) * 2 ** (tries - 1));
}

function pauseMs(tries: number): number {
  return Math.min(PAUSE_MAX_MS, PAUSE_FIRST_MS * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  using bound = deadline(ms, signal, () => new InfraError('the pause is over'));
  await new Promise<void>((resolve) => {
    if (bound.signal.aborted) resolve();
    bound.signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
