import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { RunEvent } from '../../harness/model/events.ts';
import { MAIN } from './cli.ts';

/** A run of the real CLI that is followed by its events, as `--json` prints them. */
export interface HeardRun {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves to the first event of this kind, which may be past; undefined when the run ended without it. */
  heard(is: (event: RunEvent) => boolean): Promise<RunEvent | undefined>;
  ended(): Promise<HeardEnd>;
}

export interface HeardEnd {
  /** 137 and so on for a death by signal. */
  readonly exitCode: number;
  readonly events: readonly RunEvent[];
  readonly stderr: string;
}

/** One guest that is proven is all that a run needs to come through every step. */
export const FEW_CASES = [
  '--require',
  'sev',
  '--focus',
  'SEV guest: its kernel names',
  '--bundle-timeout',
  '0',
] as const;

/** Starts `sevlane run --json` with folders of its own, which are removed when it has ended. */
export function startHeardRun(args: readonly string[], env: Readonly<Record<string, string>> = {}): HeardRun {
  const folder = mkdtempSync(join(tmpdir(), 'sevlane-heard-'));
  const child = execa(process.execPath, [MAIN, 'run', '--json', '--artifacts', join(folder, 'report'), ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: folder, ...env },
    extendEnv: false,
    cwd: folder,
    reject: false,
    stdin: 'ignore',
    forceKillAfterDelay: false,
    buffer: { stdout: false },
  });
  const events: RunEvent[] = [];
  const waiting = new Set<() => void>();
  let isOver = false;
  const look = () => {
    for (const each of [...waiting]) each();
  };
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    events.push(JSON.parse(line) as RunEvent);
    look();
  });
  const over = (async () => {
    const { exitCode, signal, stderr } = await child;
    isOver = true;
    look();
    rmSync(folder, { recursive: true, force: true });
    return { exitCode: exitCode ?? (signal === 'SIGKILL' ? 137 : 143), events, stderr };
  })();
  return {
    pid: child.pid ?? -1,
    kill: (signal) => void child.kill(signal),
    heard: (is) =>
      new Promise((resolve) => {
        const each = () => {
          const found = events.find(is);
          if (found === undefined && !isOver) return;
          waiting.delete(each);
          resolve(found);
        };
        waiting.add(each);
        each();
      }),
    ended: () => over,
  };
}
