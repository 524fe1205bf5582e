import type ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import { deadline } from '../scope/deadline.ts';
import { settle } from '../scope/settle.ts';
import type { ExecOptions, ExecResult } from './connection.ts';
import { followCommand } from './exec.ts';
import {
  anyShellProbe,
  type LoginShell,
  newMark,
  noShell,
  posixProbe,
  readProbe,
  unwrapResult,
  wrapCommand,
} from './login-shell.ts';
import { ChannelRefused, openChannelOf } from './open-channel.ts';
import { SessionSlots } from './session-slots.ts';

const PROBE_WITHIN_MS = 15_000;
/** A session that we ended may still stand in the server's books for a while. */
const REFUSED_WITHIN_MS = 10_000;
const FIRST_PAUSE_MS = 20;

/** Runs commands over one client, through whatever login shell there is. */
export class Commands {
  readonly #client: ssh2.Client;
  readonly #what: string;
  readonly #over: AbortSignal;
  readonly #slots = new SessionSlots();
  #shell: Promise<LoginShell> | undefined;
  #hasRunOne = false;

  /** `what` begins the errors; `over` ends whatever is under way. */
  constructor(client: ssh2.Client, what: string, over: AbortSignal) {
    this.#client = client;
    this.#what = what;
    this.#over = over;
  }

  /**
   * Greets the login shell, once, with a first command. That also quickens the connection: sshd leaves Nagle's
   * algorithm on for one that only forwards ports, which delays small watch events by 14 ms and more, until the first
   * command makes it set TCP_NODELAY for good.
   */
  greet(): Promise<LoginShell> {
    this.#shell ??= this.#probe().catch((error) => {
      // The next command asks again.
      this.#shell = undefined;
      throw error;
    });
    return this.#shell;
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const signal = AbortSignal.any([options.signal, this.#over]);
    signal.throwIfAborted();
    const shell = await settle(this.greet(), signal);
    const what = `${this.#what}: run ${brief(command)}`;
    return unwrapResult(shell, await this.#run(wrapCommand(shell, command), { ...options, signal }, what));
  }

  async #probe(): Promise<LoginShell> {
    const what = `${this.#what}: greet the login shell`;
    const late = () =>
      new InfraError(`${what}: no answer to an echo within ${PROBE_WITHIN_MS / 1000} s`, {
        hint: "look at what the user's login runs first, e.g. ~/.bashrc, and at the load of the node",
      });
    using bound = deadline(PROBE_WITHIN_MS, this.#over, late);
    const options = { signal: bound.signal };
    const mark = newMark();
    const first = await this.#run(posixProbe(mark), options, what);
    const posix = readProbe(first, mark, true);
    if (posix !== undefined) return posix;
    const foreign = readProbe(await this.#run(anyShellProbe(mark), options, what), mark, false);
    if (foreign !== undefined) return foreign;
    throw noShell(this.#what, first);
  }

  async #run(command: string, options: ExecOptions, what: string): Promise<ExecResult> {
    const { signal } = options;
    const refusedUntil = performance.now() + REFUSED_WITHIN_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      await this.#slots.take(signal);
      let isHeld = true;
      try {
        const running = await this.#start(command, options, what);
        this.#hasRunOne = true;
        return await running.end(signal);
      } catch (error) {
        if (!(error instanceof ChannelRefused)) throw error;
        isHeld = false;
        // With others running, a slot of theirs comes free; alone, the last one may not have been put away yet.
        if (this.#slots.refused()) continue;
        if (!this.#hasRunOne || performance.now() >= refusedUntil) throw noSession(what, error);
        await pause(pauseMs, signal);
      } finally {
        if (isHeld) this.#slots.give();
      }
    }
  }

  #start(command: string, { signal, stdin, maxBytes }: ExecOptions, what: string) {
    return openChannelOf(what, signal, {
      ask: (done) => this.#client.exec(command, done),
      take: (channel) => followCommand(channel, { what, stdin, maxBytes }),
    });
  }
}

function noSession(what: string, error: ChannelRefused): InfraError {
  return new InfraError(`${what}: the server opens no session for commands on this connection`, {
    cause: error,
    hint: 'look at MaxSessions in its sshd_config, and for commands on the node that were given up and still run; without a session, only ports can be forwarded',
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await settle(new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))), signal);
  } finally {
    clearTimeout(timer);
  }
}

function brief(command: string): string {
  const line = command.trim().split('\n', 1)[0] ?? '';
  return line.length > 60 ? `"${line.slice(0, 57)}..."` : `"${line}"`;
}
