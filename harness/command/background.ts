import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Environment } from '../model/own-process.ts';
import { explainStart } from './start-failure.ts';

/** A program that is to outlive us. Arguments are visible to everybody on the machine, so no secret is among them. */
interface BackgroundProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly cwd: string;
  /** Files that its output is written to: made when absent, mode 0600. */
  readonly stdoutFile: string;
  readonly stderrFile: string;
}

/** A program that runs on when we end. */
export interface BackgroundProcess {
  readonly pid: number;
  /** Resolves with its exit status should it end while we look. */
  readonly ended: Promise<number>;
}

/** Starts a program in a session of its own, without a terminal or pipe of ours. @throws InfraError when it cannot be started. */
export async function startInBackground(program: BackgroundProgram): Promise<BackgroundProcess> {
  const { file, args, environment, cwd, stdoutFile, stderrFile } = program;
  const [out, err] = [await open(stdoutFile, 'a', 0o600), await open(stderrFile, 'a', 0o600)];
  try {
    const child = spawn(file, [...args], { cwd, env: environment, detached: true, stdio: ['ignore', out.fd, err.fd] });
    const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
    const { pid } = child;
    if (pid === undefined) {
      const failure = await new Promise<Error & { readonly code?: string }>((resolve) => child.once('error', resolve));
      throw explainStart({ code: failure.code, originalMessage: failure.message }, `${file} ${args[0] ?? ''}`, cwd);
    }
    child.on('error', () => {});
    child.unref();
    return { pid, ended };
  } finally {
    await Promise.all([out.close(), err.close()]);
  }
}
