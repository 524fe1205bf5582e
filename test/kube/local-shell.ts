import { connect } from 'node:net';
import { runProgram } from '../../harness/command/run.ts';
import type { SshConnection } from '../../harness/ssh/connection.ts';
import { OWN } from '../command/own.ts';

interface ShellWish {
  /** Folders that come first on the PATH of its commands. */
  readonly path?: readonly string[];
  readonly home?: string;
  /** What every command is wrapped in, as a login shell that prints a banner would; `$1` is the command. */
  readonly login?: string;
}

/** A "node" that is this machine: commands run in a real shell, channels go to real listeners. */
export function localShell({ path = [], home = '/', login = 'exec sh -c "$1"' }: ShellWish = {}): SshConnection {
  const environment = { PATH: [...path, process.env.PATH ?? ''].join(':'), HOME: home };
  return {
    description: 'core@node:22',
    lost: new AbortController().signal,
    async exec(command, { signal, stdin = '', maxBytes }) {
      const program = { file: 'sh', args: ['-c', login, 'login', command] };
      const options = { own: OWN, environment, signal, stdin, withinMs: 20_000 };
      return await runProgram(program, { ...options, ...(maxBytes === undefined ? {} : { maxBytes }) });
    },
    openChannel: async ({ host, port }) => connect({ host, port }),
    close: async () => {},
  };
}
