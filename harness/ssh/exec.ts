import { constants } from 'node:os';
import type ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import { settle } from '../scope/settle.ts';
import type { ExecResult } from './connection.ts';
import { TOO_TALKATIVE } from './login-shell.ts';

const MAX_BYTES = 16 * 1024 * 1024;

interface Run {
  /** Names the command in errors. */
  readonly what: string;
  readonly stdin: string | Buffer | undefined;
  readonly maxBytes: number | undefined;
}

/** A command that was started on a session channel. */
export interface RunningCommand {
  /** Waits for its end. A wait that ends early, by the signal or an error, hangs up. */
  end(signal: AbortSignal): Promise<ExecResult>;
}

/**
 * Follows a command from the moment when its channel opens: call it at once, because a fast command has ended, and
 * said so, by the time that a promise for the channel resolves.
 */
export function followCommand(channel: ssh2.ClientChannel, { what, stdin, maxBytes = MAX_BYTES }: Run): RunningCommand {
  const ended = collect(channel, what, maxBytes);
  ended.catch(() => hangUp(channel));
  channel.end(stdin ?? '');
  return {
    async end(signal) {
      try {
        return await settle(ended, signal);
      } catch (error) {
        hangUp(channel);
        throw error;
      }
    },
  };
}

function collect(channel: ssh2.ClientChannel, what: string, maxBytes: number): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes)
        reject(new InfraError(`${what}: more than ${maxBytes} bytes of output`, { hint: TOO_TALKATIVE }));
      else chunks.push(chunk);
    };
    let end: Pick<ExecResult, 'code' | 'signal'> | undefined;
    channel.on('data', keep(stdout));
    channel.stderr.on('data', keep(stderr));
    channel.on('error', reject);
    channel.on('exit', (code: number | null, signalName?: string) => {
      end = code === null ? ofSignal(signalName ?? '') : { code };
    });
    channel.on('close', () => {
      if (end === undefined) reject(new InfraError(`${what}: the session ended without an exit status`));
      else resolve({ ...end, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

function ofSignal(name: string): Pick<ExecResult, 'code' | 'signal'> {
  const signal = name.replace(/^SIG/, '');
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return { code: 128 + (numbers[`SIG${signal}`] ?? 0), signal };
}

function hangUp(channel: ssh2.ClientChannel): void {
  channel.removeAllListeners('data').on('error', () => {});
  // Unread output would hold the close back; the command itself is told to stop where the server passes signals on.
  channel.resume();
  channel.stderr.removeAllListeners('data').resume();
  try {
    channel.signal('TERM');
    channel.close();
  } catch {
    // The connection is gone, and the command with it.
  }
}
