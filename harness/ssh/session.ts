import type { Duplex } from 'node:stream';
import type { HostPort } from '../model/host.ts';
import type { ExecOptions, ExecResult } from './connection.ts';

/**
 * One SSH connection from its handshake to its end: what a transport makes, and what supervision replaces when it is
 * cut. Whatever is under way when it ends rejects at once with the reason of `ended`.
 */
export interface SshSession {
  exec(command: string, options: ExecOptions): Promise<ExecResult>;
  openChannel(to: HostPort): Promise<Duplex>;
  /**
   * Begins, in the background, what makes the server send small packets at once; commands wait for it by themselves.
   * Absent: any first command does it.
   */
  quicken?(): void;
  /** Asks the server for any answer at all and resolves when it came; the caller bounds it. */
  ping(signal: AbortSignal): Promise<void>;
  /** Aborts with a ConnectionCut when it dies without having been closed. */
  readonly ended: AbortSignal;
  /** Bytes on the wire so far, as far as the transport knows them. */
  readonly traffic: { readonly sent: number; readonly received: number };
  /** Ends it at once, as a cut: for a peer that does not answer. */
  cut(reason: Error): void;
  /** Says goodbye; safe to call twice. */
  close(): Promise<void>;
}

/** Makes sessions to one node, each verified anew before anything is sent: the built-in transport, or the system's ssh. */
export interface SshTransport {
  readonly name: 'ssh2' | 'openssh';
  /** `user@host:port`, with the hosts in between. */
  readonly description: string;
  /** @throws InfraError naming what was tried, what was seen and the fix; one that a new try cannot mend is no ConnectionCut. */
  open(signal: AbortSignal): Promise<SshSession>;
}
