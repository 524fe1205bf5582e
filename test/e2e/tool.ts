import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { processesWith } from '../command/processes.ts';
import { MAIN } from './cli.ts';

/** A folder that a tool works in: its working folder and the one for its temporary files, so that all it leaves is seen. */
export interface ToolRoom {
  readonly folder: string;
  readonly temporary: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a command of sevlane to its end. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<ToolEnd>;
  /** Starts one and waits for its first line. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<ToolStart>;
  /** What is left of tools that have ended. */
  left(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export interface ToolEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolStart {
  readonly pid: number;
  readonly firstLine: string;
  kill(signal: NodeJS.Signals): void;
  ended(): Promise<ToolEnd>;
}

export async function openToolRoom(): Promise<ToolRoom> {
  const folder = await mkdtemp(join(tmpdir(), 'sevlane-tool-'));
  const temporary = await mkdtemp(join(tmpdir(), 'sevlane-tool-tmp-'));
  const env = { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: temporary };
  const begin = (args: readonly string[], more: Readonly<Record<string, string>>) =>
    execa(process.execPath, [MAIN, ...args], {
      env: { ...env, ...more },
      extendEnv: false,
      cwd: folder,
      reject: false,
      stdin: 'ignore',
    });
  return {
    folder,
    temporary,
    env,
    async run(args, more = {}) {
      const { exitCode = -1, stdout, stderr } = await begin(args, more);
      return { exitCode, stdout, stderr };
    },
    async start(args, more = {}) {
      const child = begin(args, more);
      let text = '';
      const firstLine = await new Promise<string>((resolve, reject) => {
        child.stdout.on('data', (chunk) => {
          text += chunk;
          if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
        });
        void child.then(({ stderr }) => reject(new Error(`it ended without a word: ${stderr}`)));
      });
      return {
        pid: child.pid ?? -1,
        firstLine,
        kill: (signal) => void child.kill(signal),
        async ended() {
          const { exitCode = -1, stdout, stderr } = await child;
          return { exitCode, stdout, stderr };
        },
      };
    },
    async left() {
      // Each has the folder in its environment; a watcher has it in its arguments.
      return [...(await readdir(temporary)), ...processesWith(temporary).map(({ argv }) => argv.join(' '))];
    },
    async remove() {
      for (const path of [folder, temporary]) await rm(path, { recursive: true, force: true });
    },
  };
}

/** Looks until it is so. */
export async function eventually(goal: string, look: () => Promise<boolean>): Promise<void> {
  const limits = { scope: openScope(() => {}), withinMs: 60_000, everyMs: 50, blame: 'infra' as const };
  await until(goal, limits, async () =>
    (await look()) ? { done: true, value: undefined } : { done: false, saw: 'it is not so' },
  );
}
