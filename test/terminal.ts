import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { MAIN } from './e2e/cli.ts';
import { needProgram } from './programs.ts';

/** A command of the real CLI on a real pseudo-terminal, and a person in front of it. */
export interface Sitting {
  /** Everything that the terminal has shown so far. */
  screen(): string;
  /** Resolves when the terminal shows this. */
  shows(text: string | RegExp): Promise<void>;
  type(keys: string): void;
  /** The exit code. */
  ended(): Promise<number>;
}

/** Skips the test, with a word why, where there is no program that makes pseudo-terminals. */
export function needTerminal(context: Mocha.Context): void {
  needProgram(context, 'script');
}

/** Starts `sevlane ...` on a terminal of its own, in a folder of its own that is removed in the end. */
export async function sitDown(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Sitting> {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return await sitDownAt(`exec ${command}`, env);
}

/** The same for a line of the shell. */
export async function sitDownAt(line: string, env: Readonly<Record<string, string>> = {}): Promise<Sitting> {
  const folder = await mkdtemp(join(tmpdir(), 'sevlane-terminal-'));
  const child = execa('script', ['-q', '-e', '-f', '-c', line, '/dev/null'], {
    env: { PATH: process.env.PATH ?? '', HOME: folder, TERM: 'xterm', ...env },
    extendEnv: false,
    reject: false,
    cwd: folder,
    stdin: 'pipe',
  });
  let shown = '';
  const waiting = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    shown += chunk;
    for (const look of [...waiting]) look();
  });
  return {
    screen: () => shown,
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof text === 'string' ? !shown.includes(text) : !text.test(shown)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void child.then(() => reject(new Error(`it ended without showing ${text}:\n${shown}`)));
      }),
    type: (keys) => void child.stdin.write(keys),
    async ended() {
      const { exitCode = -1 } = await child;
      await rm(folder, { recursive: true });
      return exitCode;
    },
  };
}
