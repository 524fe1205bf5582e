/** What runs commands on the simulated host: behind an exec, an interactive shell or a real sshd's ForceCommand. */
export interface HostShell {
  /** Runs one command line and settles when it has ended. Never rejects for what the command does. */
  run(command: string, io: ShellIo): Promise<ShellExit>;
}

/** The streams of one command. Aborting `signal` kills it; the reason is a `Killed`. */
export interface ShellIo {
  /** Everything that comes in until the end; asked for only by a command that reads. */
  readonly stdin: () => Promise<string>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly signal: AbortSignal;
}

/** How a command ended: by itself, or by a signal, e.g. `TERM`. */
export type ShellExit = { readonly code: number } | { readonly signal: string };

/** Why a command's signal was aborted. */
export class Killed extends Error {
  override readonly name = 'Killed';
  readonly signalName: string;
  constructor(signalName: string) {
    super(`killed by SIG${signalName}`);
    this.signalName = signalName;
  }
}
