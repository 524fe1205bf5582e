import type { Clock } from '../clock.ts';
import { type Call, freshShell, homeOf, type Machine, type Program, type Shell } from '../shell/environment.ts';
import { runLine } from '../shell/interpret.ts';
import { LeaveShell } from '../shell/leave.ts';
import { runShell, sudo } from '../shell/runners.ts';
import { guestPrograms } from './programs.ts';
import type { GuestSystem } from './system.ts';
import type { Tty } from './tty.ts';

export interface TerminalSetup {
  readonly tty: Tty;
  readonly system: GuestSystem;
  readonly clock: Clock;
  readonly user: string;
  /** Aborts when the guest is off. */
  readonly signal: AbortSignal;
  /** The guest is to go down, by `poweroff` or `reboot`. */
  powerOff(): void;
}

/** Plays bash at the terminal until its user leaves. Prompts, echo and escape sequences as Fedora's bash sends them. */
export async function runLoginShell(setup: TerminalSetup): Promise<void> {
  await new Terminal(setup).interact({ user: setup.user, cwd: homeOf(setup.user), farewell: 'logout\n' });
}

interface Seat {
  readonly user: string;
  readonly cwd: string;
  readonly farewell: string;
}

/** The line that runs: Ctrl-C aborts `interrupt` until `over` is aborted. */
interface Foreground {
  readonly interrupt: AbortController;
  readonly over: AbortController;
}

const INTERRUPTED = 130;

class Terminal {
  readonly #setup: TerminalSetup;
  readonly #machine: Machine;
  // The terminal as input and output: programs tell by these whether they are in a pipe.
  readonly #stdin = async (): Promise<string> => '';
  readonly #print: (text: string) => void;
  #foreground: Foreground | undefined;

  constructor(setup: TerminalSetup) {
    const { tty, system, clock } = setup;
    this.#setup = setup;
    this.#print = (text) => tty.print(text);
    this.#machine = {
      hostname: system.hostname,
      kernel: system.kernel,
      groups: ['4(adm)', '10(wheel)', '190(systemd-journal)'],
      tree: system.tree,
      programs: { ...guestPrograms(system), ...this.#programs() },
      terminal: this.#print,
      now: () => clock.now(),
      sleep: async (ms, until) => {
        await clock.sleep(ms, until);
        await tty.running();
      },
    };
  }

  /** Reads and runs lines until the user leaves; gives the last status. @throws PoweredOff */
  async interact({ user, cwd, farewell }: Seat): Promise<number> {
    const { tty, signal } = this.#setup;
    const shell = freshShell(this.#machine, { user, signal, self: 'bash' });
    shell.cwd = cwd;
    shell.variables.set('TERM', 'vt220');
    for (let left = false; !left; ) {
      const prompt = promptOf(shell);
      // Bracketed paste is switched on around each prompt.
      tty.raw(`\x1b[?2004h${prompt}`);
      const { end, line } = await tty.line('readline', prompt.length);
      tty.raw('\x1b[?2004l\r');
      if (end === 'interrupt') shell.status = INTERRUPTED;
      else left = end === 'eof' || (await this.#execute(line, shell));
    }
    tty.print(farewell);
    return shell.status;
  }

  /** Whether the line ended the shell. */
  async #execute(line: string, shell: Shell): Promise<boolean> {
    const { tty, signal } = this.#setup;
    const interrupt = new AbortController();
    shell.signal = AbortSignal.any([signal, interrupt.signal]);
    const streams = { stdin: this.#stdin, out: this.#print, err: this.#print };
    try {
      const { status, left } = await this.#inForeground(interrupt, () => runLine(line, shell, streams));
      shell.status = status;
      return left;
    } catch (error) {
      await tty.running();
      if (!interrupt.signal.aborted) throw error;
      tty.print('\n');
      shell.status = INTERRUPTED;
      return false;
    }
  }

  /** Lets Ctrl-C abort `interrupt` while the work goes on; without one, the work reads the terminal itself. */
  async #inForeground<T>(interrupt: AbortController | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#foreground;
    before?.over.abort();
    this.#foreground = this.#hear(interrupt);
    try {
      return await work();
    } finally {
      this.#foreground?.over.abort();
      this.#foreground = this.#hear(before?.interrupt);
    }
  }

  #hear(interrupt: AbortController | undefined): Foreground | undefined {
    if (interrupt === undefined) return undefined;
    const over = new AbortController();
    void this.#setup.tty.interrupted(over.signal).then((pressed) => {
      if (pressed) interrupt.abort();
    });
    return { interrupt, over };
  }

  /** Programs that talk to the terminal or switch the machine off. */
  #programs(): Readonly<Record<string, Program>> {
    const shell: Program = (call) =>
      call.args.length === 0 && call.stdin === this.#stdin && call.out === this.#print
        ? this.#enter(call.shell.user, call.shell.cwd)
        : runShell(call);
    const goDown: Program = (call) => this.#goDown(call);
    return {
      bash: shell,
      sh: shell,
      su: (call) => this.#su(call),
      sudo: (call) => {
        if (call.args[0] === '-i') return this.#enter('root', homeOf('root'));
        return call.args[0] === '-s' ? this.#enter('root', call.shell.cwd) : sudo(call);
      },
      logout: ({ shell: { status } }) => {
        throw new LeaveShell(status);
      },
      stty: (call) => this.#stty(call),
      poweroff: goDown,
      reboot: goDown,
      shutdown: goDown,
    };
  }

  async #enter(user: string, cwd: string): Promise<number> {
    return await this.#inForeground(undefined, () => this.interact({ user, cwd, farewell: 'exit\n' }));
  }

  async #su({ args, shell, err }: Call): Promise<number> {
    if (shell.user === 'root') {
      const isLogin = args.some((arg) => ['-', '-l', '--login'].includes(arg));
      return await this.#enter('root', isLogin ? homeOf('root') : shell.cwd);
    }
    const { tty } = this.#setup;
    tty.raw('Password: ');
    await this.#inForeground(undefined, () => tty.line('secret'));
    // The image gives root no password.
    err('su: Authentication failure\n');
    return 1;
  }

  #stty({ args, out }: Call): number {
    const { tty } = this.#setup;
    const at = args.findIndex((arg) => arg === 'cols' || arg === 'columns');
    const columns = Number(args[at + 1]);
    if (at >= 0 && columns > 0) tty.columns = columns;
    if (args[0] === 'size') out(`24 ${tty.columns}\n`);
    return 0;
  }

  #goDown({ name, shell, err }: Call): number {
    if (shell.user === 'root') {
      this.#setup.powerOff();
      return 0;
    }
    err(`Call to ${name} failed: Interactive authentication required.\n`);
    return 1;
  }
}

function promptOf({ user, cwd, machine }: Shell): string {
  const place = cwd === homeOf(user) ? '~' : (cwd.split('/').at(-1) ?? '') || '/';
  return `[${user}@${machine.hostname.split('.')[0]} ${place}]${user === 'root' ? '#' : '$'} `;
}
