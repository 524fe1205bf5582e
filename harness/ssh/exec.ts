import { constants } from 'node:os';
import type ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import { settle } from '../scope/settle.ts';
import type { ExecResult } from './connection.ts';

const MAX_BYTES = 16 * 1024 * 1024;

interface Run {
  /** Names the command in errors. */
  readonly what: string;
  readonly stdin: string | Buffer | undefined;
  readonly maxBytes: number | undefined;
  readonly signal: AbortSignal;
}

/** Follows a command that was started on a session channel to its end. */
export async function runCommand(
  channel: ssh2.ClientChannel,
  { what, stdin, maxBytes, signal }: Run,
): Promise<ExecResult> {
  try {
    const ended = collect(channel, what, maxBytes ?? MAX_BYTES);
    channel.end(stdin ?? '');
    return await settle(ended, signal);
  } catch (error) {
    hangUp(channel);
    throw error;
  }
}

function collect(channel: ssh2.ClientChannel, what: string, maxBytes: number): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) reject(new InfraError(`${what}: more than ${maxBytes} bytes of output`));
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
