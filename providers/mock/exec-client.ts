import { connect } from 'node:net';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Terminal } from '../../harness/provider/contract.ts';
import type { FromClient, FromServer } from './exec-socket.ts';

/** One command for the shell of a simulated host that runs in another process. */
export interface RemoteCommand {
  readonly socket: string;
  readonly command: string;
  readonly terminal: Terminal;
  /** Kills the command there. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command through an exec socket, relays its streams and gives its exit code, 128 and the signal's number when
 * it was killed. @throws Error when nobody listens or the simulator goes away.
 */
export async function runRemotely({ socket: path, command, terminal, signal }: RemoteCommand): Promise<number> {
  const socket = connect(path);
  const tell = (message: FromClient) => void socket.write(`${JSON.stringify(message)}\n`);
  const broken = new Promise<never>((_, reject) => socket.once('error', reject));
  const kill = () => tell({ signal: 'TERM' });
  signal.addEventListener('abort', kill, { once: true });
  tell({ command });
  relayInput(terminal.stdin, tell);
  try {
    return await Promise.race([relayOutput(), broken]);
  } finally {
    signal.removeEventListener('abort', kill);
    socket.destroy();
  }

  async function relayOutput(): Promise<number> {
    for await (const line of createInterface({ input: socket })) {
      const message = JSON.parse(line) as FromServer;
      if ('stdout' in message) await write(terminal.stdout, message.stdout);
      else if ('stderr' in message) await write(terminal.stderr, message.stderr);
      else return 'exit' in message ? message.exit : 128 + signalNumber(message.killed);
    }
    throw new Error('the simulated host went away before the command ended');
  }
}

function relayInput(stdin: Terminal['stdin'], tell: (message: FromClient) => void): void {
  if (stdin === undefined) {
    tell({ end: true });
    return;
  }
  stdin.on('data', (chunk: Buffer | string) => tell({ stdin: chunk.toString() }));
  stdin.once('end', () => tell({ end: true }));
}

function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}

function signalNumber(name: string): number {
  return constants.signals[`SIG${name}` as NodeJS.Signals] ?? constants.signals.SIGTERM;
}
