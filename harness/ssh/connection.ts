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

/** A live, verified SSH connection. Whatever is under way when it is lost rejects at once with the reason of `lost`. */
export interface SshConnection {
  /** `user@host:port`. */
  readonly description: string;
  /** Runs a command in the login shell of the node's user. @throws InfraError when it cannot be run or is too talkative. */
  exec(command: string, options: ExecOptions): Promise<ExecResult>;
  /** Opens a TCP connection from the node to `to`. @throws InfraError when the node cannot reach it or forbids it. */
  openChannel(to: HostPort): Promise<Duplex>;
  /** Aborts when the connection dies without having been closed; the reason is an InfraError saying what happened and when. */
  readonly lost: AbortSignal;
  /** Says goodbye; safe to call twice. */
  close(): Promise<void>;
}
