import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Context } from 'mocha';
import { skipBecause } from '../../programs.ts';

const ROOT = resolve(process.env.SEVLANE_VECTORS ?? '../shared/vectors');

/** Recorded answers of the real KubeVirt, kept beside the project. Undefined where the folder is absent. */
export function recorded(path: string): unknown {
  const file = join(ROOT, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** Skips the running test, saying why, unless `value` is there. */
export function orSkip<T>(context: Context, value: T | undefined): T {
  return value ?? skipBecause(context, 'the recordings beside this project are not there');
}
