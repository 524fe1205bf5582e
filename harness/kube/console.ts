import type { WebSocket } from 'ws';
import { InfraError, ProductFailure } from '../errors/errors.ts';
import type { Scope } from '../scope/scope.ts';
import { type Look, until } from '../scope/until.ts';
import { BrokenCall, wasCut } from './broken-call.ts';
import type { KubeClient } from './client.ts';
import { ConsoleText } from './console-text.ts';
import { isRefusal } from './errors.ts';
import { resourcePath } from './objects.ts';

/** What a wait on the console found. */
export interface ConsoleMatch {
  /** Which of the patterns. */
  readonly index: number;
  readonly match: RegExpExecArray;
  /** The text since the last match, up to this one. */
  readonly before: string;
}

export interface ExpectOptions {
  readonly withinMs: number;
  /** Names the goal in a timeout, e.g. `login prompt`. */
  readonly goal?: string;
  /** Whom a silent guest blames; default product. */
  readonly blame?: 'infra' | 'product';
}

/** The serial console of a running guest, held by us until closed or until another client takes it. */
export interface Console {
  /** Types text; a line ends with `\n`. */
  send(text: string): void;
  /**
   * Waits for the earliest match, within one line, of any pattern in what the guest says after the last match, seen without escape
   * sequences and carriage returns. @throws InfraError when the console closes first, a BrokenCall when the connection
   * to the node was cut: what the guest says meanwhile is lost, so that only a new console and a new dialogue go on.
   * By `blame` when time is up.
   */
  expect(patterns: readonly (RegExp | string)[], options: ExpectOptions): Promise<ConsoleMatch>;
  /** Everything that was said, as it came. */
  readonly transcript: string;
  close(): Promise<void>;
}

export interface ConsoleTarget {
  readonly namespace: string;
  readonly name: string;
  /** How long the guest may take until it has a console; default 60 s. */
  readonly withinMs?: number;
}

/** Source: KubeVirt, client-go/subresources: raw serial bytes in binary frames, both ways. */
const PROTOCOL = 'plain.kubevirt.io';
const RETRY_MS = 1000;
/** Patterns are looked for within lines of at most this length. */
const LONGEST_LINE = 4096;
/** A whole boot says a hundredth of it. */
const MOST_SAID = 8 * 1024 * 1024;

/**
 * Opens the serial console of a VirtualMachineInstance; asks again while the server says that it is not running.
 * It is closed when the scope closes. Nothing that was said earlier comes again: send a line feed to see a prompt.
 */
export async function openConsole(scope: Scope, client: KubeClient, target: ConsoleTarget): Promise<Console> {
  const { namespace, name, withinMs = 60_000 } = target;
  const path = resourcePath({
    apiVersion: 'subresources.kubevirt.io/v1',
    plural: 'virtualmachineinstances',
    namespace,
    name,
    subresource: 'console',
  });
  const what = `serial console of "${namespace}/${name}"`;
  const socket = await until(
    `${what}: open`,
    { scope, withinMs, everyMs: RETRY_MS, blame: 'infra' },
    async (signal): Promise<Look<WebSocket>> => {
      try {
        return { done: true, value: await client.websocket(path, [PROTOCOL], { signal }) };
      } catch (error) {
        const notYet = isRefusal(error, 400) && /not running/i.test(error.said);
        // virt-api answers these while it, or virt-handler behind it, cannot be reached.
        if (notYet || isRefusal(error, 500, 502, 503, 504)) return { done: false, saw: error.said };
        // The server gives the console to the newest client: one that may have been opened is in nobody's way.
        if (wasCut(error) && !client.lost.aborted) return { done: false, saw: (error as Error).message };
        throw error;
      }
    },
  );
  const opened = new SerialConsole(scope, socket, what);
  scope.defer(`close ${what}`, 2000, () => opened.close());
  return opened;
}

class SerialConsole implements Console {
  readonly #scope: Scope;
  readonly #socket: WebSocket;
  readonly #what: string;
  readonly #text = new ConsoleText();
  readonly #listeners = new Set<() => void>();
  #cursor = 0;
  #failure: InfraError | ProductFailure | undefined;

  constructor(scope: Scope, socket: WebSocket, what: string) {
    this.#scope = scope;
    this.#socket = socket;
    this.#what = what;
    socket.on('message', (frame: Buffer, isBinary: boolean) => {
      if (!isBinary) return;
      this.#text.add(frame);
      if (this.#text.raw.length > MOST_SAID) this.#flooded();
      this.#notify();
    });
    socket.on('error', (cause) => this.#end(`the connection broke: ${cause.message}`, cause));
    socket.on('close', (code) => this.#end(`closed by the server (websocket code ${code})`));
    socket.resume();
  }

  get transcript(): string {
    return this.#text.raw;
  }

  send(text: string): void {
    if (this.#failure) throw this.#failure;
    this.#socket.send(Buffer.from(text), { binary: true });
  }

  async expect(patterns: readonly (RegExp | string)[], options: ExpectOptions): Promise<ConsoleMatch> {
    const { withinMs, blame = 'product' } = options;
    const goal = options.goal ?? patterns.map(String).join(' or ');
    const wake = (notify: () => void) => {
      this.#listeners.add(notify);
      return () => this.#listeners.delete(notify);
    };
    let from = this.#cursor;
    const limits = { scope: this.#scope, withinMs, everyMs: withinMs, blame, wake };
    return await until(`${this.#what}: ${goal}`, limits, async (): Promise<Look<ConsoleMatch>> => {
      const text = this.#text.plain;
      const found = earliest(patterns, text.slice(from));
      if (found) {
        const startsAt = from + found.match.index;
        const before = text.slice(this.#cursor, startsAt);
        this.#cursor = startsAt + found.match[0].length;
        return { done: true, value: { ...found, before } };
      }
      // Lines that are complete are not searched again: a guest that floods would take all of our time.
      from = Math.max(from, text.lastIndexOf('\n') + 1, text.length - LONGEST_LINE);
      // What came before the end still counts; only then is the end the answer.
      if (this.#failure) throw this.#failure;
      return { done: false, saw: lastWords(text.slice(Math.max(this.#cursor, text.length - LONGEST_LINE))) };
    });
  }

  async close(): Promise<void> {
    this.#failure ??= new InfraError(`${this.#what}: already closed`);
    this.#notify();
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    const gone = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.terminate();
    await gone;
  }

  #flooded(): void {
    this.#failure ??= new ProductFailure(
      `${this.#what}: the guest floods it: more than ${MOST_SAID / 1024 / 1024} MiB; it last said ${lastWords(this.#text.plain.slice(-LONGEST_LINE))}`,
    );
    this.#socket.terminate();
  }

  #end(seen: string, cause?: unknown): void {
    if (this.#failure) return;
    const message = `${this.#what}: ${seen}; the guest last said ${lastWords(this.#text.plain)}`;
    const hint = 'the guest ended, or another client (virtctl console) took the console: only one can hold it';
    this.#failure = wasCut(cause) ? new BrokenCall(message, { cause }) : new InfraError(message, { cause, hint });
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function earliest(patterns: readonly (RegExp | string)[], text: string): ConsoleMatch | undefined {
  let best: ConsoleMatch | undefined;
  for (const [index, pattern] of patterns.entries()) {
    const match = anyPattern(pattern).exec(text);
    if (match && (best === undefined || match.index < best.match.index)) {
      best = { index, match, before: text.slice(0, match.index) };
    }
  }
  return best;
}

/** Without the flags that make a pattern remember its last match. */
function anyPattern(pattern: RegExp | string): RegExp {
  if (typeof pattern === 'string') return new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
}

function lastWords(text: string): string {
  const line = text.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? 'nothing' : `"${line.slice(-120)}"`;
}
