import { UsageError } from '../../harness/errors/errors.ts';
import type { ProviderCommand } from '../../harness/provider/contract.ts';
import { runRemotely } from './exec-client.ts';

/**
 * `sevlane sim-exec --socket PATH`: runs a command on a simulated host of another process. As ForceCommand of a real
 * sshd it takes the command from SSH_ORIGINAL_COMMAND, so that OpenSSH stands in front of the simulated shell.
 */
export const simExecCommand: ProviderCommand = {
  name: 'sim-exec',
  summary: 'runs a command on a simulated host that `sevlane sim` started; made for the ForceCommand of an sshd',
  settings: [
    {
      key: 'socket',
      valueName: 'FILE',
      group: 'Command',
      help: 'the execSocket that sevlane sim --json printed',
      parse: (text) => (text === '' ? { problem: 'is empty', fix: 'name the socket' } : { value: text }),
    },
    {
      key: 'command',
      env: ['SSH_ORIGINAL_COMMAND'],
      valueName: 'TEXT',
      group: 'Command',
      help: 'the command line; without it, a script is read from the standard input',
      parse: (text) => ({ value: text }),
    },
  ],
  async run({ socket, command }, terminal, signal) {
    if (typeof socket !== 'string') {
      throw new UsageError('no socket is named', { hint: 'write --socket with the execSocket of sevlane sim --json' });
    }
    const line = typeof command === 'string' ? command : 'bash -s';
    try {
      return await runRemotely({ socket, command: line, terminal, signal });
    } catch (error) {
      const seen = error instanceof Error ? error.message : String(error);
      terminal.stderr.write(`sevlane sim-exec: ${socket}: ${seen}\n`);
      return 255;
    }
  },
};
