import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The version of this sevlane, as its package.json says. */
export async function ownVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
  return String(typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : 'unknown');
}
