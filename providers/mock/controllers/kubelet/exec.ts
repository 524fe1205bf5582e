import { PassThrough } from 'node:stream';
import type { ExecSession } from '../../api/backends.ts';
import type { ExecHandler } from './program.ts';

/** Starts a command and joins its streams to those of the API server. */
export function startExec(handler: ExecHandler, command: readonly string[], ended: AbortSignal): ExecSession {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const killed = new AbortController();
  const signal = AbortSignal.any([killed.signal, ended]);
  const finish = async () => {
    try {
      const code = await handler(command, { stdin, stdout, stderr, signal });
      if (code !== undefined) return code;
      const name = command[0] ?? '';
      const missing = `exec: "${name}": executable file not found in $PATH`;
      stderr.write(`OCI runtime exec failed: exec failed: unable to start container process: ${missing}: unknown\n`);
      return 127;
    } finally {
      stdout.end();
      stderr.end();
    }
  };
  return { stdin, stdout, stderr, exitCode: finish(), kill: () => killed.abort() };
}
