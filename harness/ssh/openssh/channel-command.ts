import { constants } from 'node:os';
import { InfraError } from '../../errors/errors.ts';
import { settle } from '../../scope/settle.ts';
import type { ExecOptions, ExecResult } from '../connection.ts';
import { TOO_TALKATIVE } from '../login-shell.ts';
import type { SshChannel } from './channel.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Runs a command on a session channel that is open, to its end; the channel is used up then.
 * @throws InfraError when the node refuses to run it, it is too talkative or ends without an exit status.
 */
export async function runOnChannel(
  channel: SshChannel,
  command: string,
  { what, signal, stdin = '', maxBytes = MAX_BYTES }: ExecOptions & { readonly what: string },
): Promise<ExecResult> {
  const ended = collect(channel, what, maxBytes);
  const start = async () => {
    if (!(await channel.ask('exec', command))) {
      if (channel.isOpen) throw new InfraError(`${what}: the node refused to run it`);
    }
    await channel.write(Buffer.from(stdin));
    channel.endWriting();
    return await ended;
  };
  try {
    return await settle(Promise.race([start(), ended]), signal);
  } catch (error) {
    // The command itself is told to stop where the server passes signals on.
    channel.tell('signal', 'TERM');
    throw error;
  } finally {
    channel.close();
  }
}

function collect(channel: SshChannel, what: string, maxBytes: number): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    let end: Pick<ExecResult, 'code' | 'signal'> | undefined;
    channel.listener = {
      data(chunk, isError) {
        bytes += chunk.length;
        if (bytes > maxBytes)
          return reject(new InfraError(`${what}: more than ${maxBytes} bytes of output`, { hint: TOO_TALKATIVE }));
        // What is kept must not keep alive the larger piece that it came in.
        output[isError ? 'stderr' : 'stdout'].push(Buffer.from(chunk));
        channel.consumed(chunk.length);
      },
      request(name, fields) {
        if (name === 'exit-status') end = { code: fields.number() };
        if (name === 'exit-signal') end = ofSignal(fields.text());
      },
      closed(reason) {
        if (reason !== undefined) reject(reason);
        else if (end === undefined) reject(new InfraError(`${what}: the session ended without an exit status`));
        else {
          const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();
          resolve({ ...end, stdout: text(output.stdout), stderr: text(output.stderr) });
        }
      },
    };
  });
}

function ofSignal(name: string): Pick<ExecResult, 'code' | 'signal'> {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return { code: 128 + (numbers[`SIG${name}`] ?? 0), signal: name };
}
