import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type HostShell, Killed, type ShellExit } from './ssh/host-shell.ts';

/**
 * What goes over the socket, one JSON object a line, bytes as UTF-8 text. The client begins with `command`, then sends
 * input as it comes; the server answers with output as it comes and ends with `exit` or `killed`.
 */
export type FromClient =
  | { readonly command: string }
  | { readonly stdin: string }
  | { readonly end: true }
  | { readonly signal: string };
export type FromServer =
  | { readonly stdout: string }
  | { readonly stderr: string }
  | { readonly exit: number }
  | { readonly killed: string };

/** A listener that lets commands into the host's shell from outside. */
export interface ExecSocket {
  readonly path: string;
  close(): Promise<void>;
}

/**
 * Listens on a unix socket for commands: the other side is `sevlane sim-exec`, the ForceCommand of a real sshd.
 * Who may reach the folder of the socket may run commands.
 */
export async function openExecSocket(path: string, shell: HostShell): Promise<ExecSocket> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
    void serve(socket, shell);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(socket: Socket, shell: HostShell): Promise<void> {
  const stop = new AbortController();
  const input: string[] = [];
  const inputEnded = new AbortController();
  const tell = (message: FromServer) => void socket.write(`${JSON.stringify(message)}\n`);
  const hear = (message: FromClient) => {
    if ('command' in message) void run(message.command);
    else if ('stdin' in message) input.push(message.stdin);
    else if ('end' in message) inputEnded.abort();
    else stop.abort(new Killed(message.signal));
  };
  const run = async (command: string) => {
    const exit = await shell.run(command, {
      stdin: async () => {
        if (!inputEnded.signal.aborted) await once(inputEnded.signal, 'abort');
        return input.join('');
      },
      stdout: (stdout) => tell({ stdout }),
      stderr: (stderr) => tell({ stderr }),
      signal: stop.signal,
    });
    tell(lastWord(exit));
    socket.end();
  };
  socket.once('close', () => {
    inputEnded.abort();
    stop.abort(new Killed('HUP'));
  });
  for await (const line of createInterface({ input: socket })) hear(JSON.parse(line) as FromClient);
}

function lastWord(exit: ShellExit): FromServer {
  return 'code' in exit ? { exit: exit.code } : { killed: exit.signal };
}
