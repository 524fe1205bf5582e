import { ConnectionCut } from '../errors/errors.ts';
import type { ExecOptions, ExecResult, SshConnection } from './connection.ts';

/**
 * Runs a command that only reads: when the connection is cut under it, it is run again from its beginning on the next
 * session, until the signal ends it. @throws as exec does, but for a cut that heals.
 */
export async function execReading(
  ssh: Pick<SshConnection, 'exec'>,
  command: string,
  options: ExecOptions,
): Promise<ExecResult> {
  for (;;) {
    try {
      return await ssh.exec(command, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof ConnectionCut)) throw error;
    }
  }
}
