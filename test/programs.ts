import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** Where a program is, on PATH or where system programs live; undefined when the machine lacks it. */
export function programPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Skips the test or suite, with a word why, when the machine lacks the program. `.ci/run` forbids the skip. */
export function needProgram(context: Mocha.Context, name: string): string {
  const path = programPath(name);
  if (path !== undefined) return path;
  skipBecause(context, `${name} is not installed`);
}

/** As needProgram; a kubectl before 1.31 asks for exec over SPDY, which the simulated API does not speak. */
export async function needKubectl(context: Mocha.Context): Promise<string> {
  const path = needProgram(context, 'kubectl');
  const { stdout } = await execa(path, ['version', '--client', '-o', 'json']);
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { major: string; minor: string } };
  if (Number.parseInt(clientVersion.minor, 10) < 31)
    skipBecause(context, `kubectl is ${clientVersion.major}.${clientVersion.minor}, older than 1.31`);
  return path;
}

/** Skips the test, or from a hook all tests of its suite, and says why in their titles. */
export function skipBecause(context: Mocha.Context, reason: string): never {
  const { test } = context;
  const isHook = test !== undefined && 'type' in test && test.type === 'hook';
  const skipped = isHook ? (test.parent?.tests ?? []) : [test];
  for (const each of skipped) if (each !== undefined) each.title += ` (skipped: ${reason})`;
  context.skip();
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
