import type { Clock } from '../clock.ts';
import type { GuestSystem, Outcome } from './program.ts';
import { runProgram } from './programs.ts';
import { type Call, parseLine, SyntaxProblem } from './shell-syntax.ts';
import type { Tty } from './tty.ts';

/** Who sits at the terminal: `sudo su` puts a second one above the first. */
interface Seat {
  readonly user: string;
  readonly cwd: string;
}

export interface ShellSetup {
  readonly tty: Tty;
  readonly system: GuestSystem;
  readonly clock: Clock;
  readonly user: string;
  /** The guest is to go down, by `poweroff` or `reboot`. */
  powerOff(): void;
}

/** Plays bash at the terminal until its user leaves. Prompts, echo and escape sequences as Fedora's bash sends them. */
export async function runShell(setup: ShellSetup): Promise<void> {
  const shell = new Shell(setup);
  await shell.run();
}

class Shell {
  readonly #setup: ShellSetup;
  readonly #seats: Seat[];
  #status = 0;

  constructor(setup: ShellSetup) {
    this.#setup = setup;
    this.#seats = [{ user: setup.user, cwd: homeOf(setup.user) }];
  }

  async run(): Promise<void> {
    const { tty } = this.#setup;
    while (this.#seats.length > 0) {
      const prompt = this.#prompt();
      // Bracketed paste is switched on around each prompt.
      tty.raw(`\x1b[?2004h${prompt}`);
      const { end, line } = await tty.line('readline', prompt.length);
      tty.raw('\x1b[?2004l\r');
      if (end === 'interrupt') this.#status = 130;
      else if (end === 'eof') this.#leave();
      else await this.#execute(line);
    }
  }

  get #seat(): Seat {
    return this.#seats.at(-1) ?? { user: this.#setup.user, cwd: '/' };
  }

  #prompt(): string {
    const { user, cwd } = this.#seat;
    const place = cwd === homeOf(user) ? '~' : (cwd.split('/').at(-1) ?? '/');
    return `[${user}@${this.#setup.system.hostname.split('.')[0]} ${place}]${user === 'root' ? '#' : '$'} `;
  }

  #leave(): void {
    const { tty } = this.#setup;
    const login = this.#seats.length === 1;
    this.#seats.pop();
    tty.print(login ? 'logout\n' : 'exit\n');
  }

  async #execute(line: string): Promise<void> {
    try {
      for (const { after, calls } of parseLine(line, (name) => this.#variable(name))) {
        if ((after === 'success') !== (this.#status === 0) && after !== 'always') continue;
        await this.#pipe(calls);
        if (this.#seats.length === 0) return;
      }
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
      this.#setup.tty.print(`-bash: ${error.message}\n`);
      this.#status = 2;
    }
  }

  #variable(name: string): string {
    const { user } = this.#seat;
    const values: Record<string, string> = { '?': String(this.#status), USER: user, HOME: homeOf(user), TERM: 'vt220' };
    return values[name] ?? '';
  }

  async #pipe(calls: readonly Call[]): Promise<void> {
    const { tty } = this.#setup;
    let stdin = '';
    for (const [at, call] of calls.entries()) {
      const last = at === calls.length - 1;
      const outcome = await this.#call(call, stdin, last);
      const both = call.stderr === 'stdout' ? outcome.err + outcome.out : outcome.out;
      if (call.stderr === 'tty') tty.print(outcome.err);
      stdin = call.stdout === 'null' ? '' : both;
      this.#status = outcome.status;
    }
    tty.print(stdin);
  }

  async #call(call: Call, stdin: string, last: boolean): Promise<Outcome> {
    const builtin = await this.#builtin(call.argv, stdin, last);
    if (builtin !== undefined) return builtin;
    const { user, cwd } = this.#seat;
    const toTerminal = last && call.stdout === 'pipe';
    const outcome = runProgram(call.argv, { system: this.#setup.system, user, cwd, stdin, toTerminal });
    if (outcome !== undefined) return outcome;
    const [name = ''] = call.argv;
    if (name.includes('/')) return { out: '', err: `bash: ${name}: No such file or directory\n`, status: 127 };
    return { out: '', err: `bash: ${name}: command not found\n`, status: 127 };
  }

  async #builtin(argv: readonly string[], stdin: string, last: boolean): Promise<Outcome | undefined> {
    const [name = '', ...args] = argv;
    switch (name) {
      case 'exit':
      case 'logout':
        this.#leave();
        return done(Number(args[0] ?? this.#status));
      case 'cd':
        this.#seats[this.#seats.length - 1] = { ...this.#seat, cwd: args[0] ?? homeOf(this.#seat.user) };
        return done();
      case 'export':
      case 'set':
      case 'unset':
      case 'alias':
        return done();
      case 'stty':
        return this.#stty(args);
      case 'sudo':
        return await this.#sudo(args, stdin, last);
      case 'su':
        return await this.#su(args);
      case 'sleep':
        return await this.#sleep(Number(args[0] ?? 0));
      case 'poweroff':
      case 'reboot':
      case 'shutdown':
        return this.#goDown(name);
      default:
        return undefined;
    }
  }

  #stty(args: readonly string[]): Outcome {
    const at = args.findIndex((arg) => arg === 'cols' || arg === 'columns');
    const columns = Number(args[at + 1]);
    if (at >= 0 && columns > 0) this.#setup.tty.columns = columns;
    if (args[0] === 'size') return done(0, `24 ${this.#setup.tty.columns}\n`);
    return done();
  }

  async #sudo(args: readonly string[], stdin: string, last: boolean): Promise<Outcome> {
    const [name, ...rest] = args;
    if (name === 'su') return this.#become(rest.includes('-') ? '/root' : this.#seat.cwd);
    if (name === '-i') return this.#become('/root');
    if (name === '-s' || name === 'bash') return this.#become(this.#seat.cwd);
    if (name === undefined) return { out: '', err: 'usage: sudo -h | -K | -k | -V\n', status: 1 };
    this.#seats.push({ user: 'root', cwd: this.#seat.cwd });
    const outcome = await this.#call({ argv: args, stdout: 'pipe', stderr: 'tty' }, stdin, last);
    this.#seats.pop();
    return outcome.status === 127 ? { out: '', err: `sudo: ${name}: command not found\n`, status: 1 } : outcome;
  }

  #become(cwd: string): Outcome {
    this.#seats.push({ user: 'root', cwd });
    return done();
  }

  async #su(args: readonly string[]): Promise<Outcome> {
    if (this.#seat.user === 'root') return this.#become(args.includes('-') ? '/root' : this.#seat.cwd);
    this.#setup.tty.raw('Password: ');
    await this.#setup.tty.line('secret');
    // The image gives root no password.
    return { out: '', err: 'su: Authentication failure\n', status: 1 };
  }

  async #sleep(seconds: number): Promise<Outcome> {
    const over = new AbortController();
    const { tty, clock } = this.#setup;
    const key = tty.interrupted(over.signal);
    const slept = clock.sleep(seconds * 1000, over.signal).then(() => false);
    const interrupted = await Promise.race([key, slept]);
    over.abort();
    await tty.running();
    return interrupted ? done(130, '\n') : done();
  }

  #goDown(name: string): Outcome {
    if (this.#seat.user !== 'root')
      return { out: '', err: `Call to ${name} failed: Interactive authentication required.\n`, status: 1 };
    this.#setup.powerOff();
    return done();
  }
}

function homeOf(user: string): string {
  return user === 'root' ? '/root' : `/home/${user}`;
}

function done(status = 0, out = ''): Outcome {
  return { out, err: '', status };
}
