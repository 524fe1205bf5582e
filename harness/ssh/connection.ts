import type { Duplex } from 'node:stream';
import type { HostPort } from '../model/host.ts';

/** Bounds of one command. */
export interface ExecOptions {
  /** Ends the command early; its reason is what `exec` rejects with. */
  readonly signal: AbortSignal;
  readonly stdin?: string | Buffer;
  /** Limit of stdout and stderr together; more is an InfraError. Default 16 MiB. */
  readonly maxBytes?: number;
}

/** How a command on the node ended. */
export interface ExecResult {
  /** Exit status; 128 + n when a signal ended it, as a shell would say. */
  readonly code: number;
  /** e.g. `KILL`. */
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The verified SSH connection of a run, over all the sessions that it may take. What is under way when a session is cut
 * rejects at once with a ConnectionCut; what is asked for during a cut, and a channel that has not opened yet, waits for
 * the next session.
 */
export interface SshConnection {
  /** `user@host:port`, with the hosts in between. */
  readonly description: string;
  /** Runs a command in the login shell of the node's user. @throws InfraError when it cannot be run or is too talkative. */
  exec(command: string, options: ExecOptions): Promise<ExecResult>;
  /** Opens a TCP connection from the node to `to`. @throws InfraError when the node cannot reach it or forbids it. */
  openChannel(to: HostPort): Promise<Duplex>;
  /** Aborts when the connection is lost for good without having been closed; the reason is an InfraError saying what happened and when. */
  readonly lost: AbortSignal;
  /** Says goodbye; safe to call twice. */
  close(): Promise<void>;
}
