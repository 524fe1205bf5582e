import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '../errors/errors.ts';

/** The settings file as found, unread. */
export interface SettingsFile {
  readonly path: string;
  readonly text: string;
}

/** The name that is looked for, from the working directory upward. */
export const SETTINGS_FILE = 'sevlane.yaml';

/**
 * The nearest sevlane.yaml at or above `folder`; undefined when there is none.
 * @throws UsageError when one is there but cannot be read.
 */
export async function findSettingsFile(folder: string): Promise<SettingsFile | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, SETTINGS_FILE);
    const found = await readIfThere(path);
    if (found !== undefined) return { path, text: found };
    if (dirname(at) === at) return undefined;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UsageError(`${path} cannot be read: ${String(code)}`, { cause, hint: 'make it a readable file' });
  }
}
