import { readFile, stat } from 'node:fs/promises';
import { shellWord } from '../ssh/shell-word.ts';
import type { Account } from './request.ts';

/** What a file with a secret holds, or what is wrong with it. */
export type SecretReading =
  | { readonly content: Buffer }
  | { readonly problem: string; readonly fix: string; readonly isAbsent?: boolean };

/** Neither a key nor a password is larger; a device or a log must not be read to its end. */
const MAX_BYTES = 256 * 1024;

/** Reads a file with a secret. As ssh does, one of our own that others can read is refused. Never throws. */
export async function readSecretFile(path: string, { uid: own }: Pick<Account, 'uid'>): Promise<SecretReading> {
  try {
    const file = await stat(path);
    if (!file.isFile()) return { problem: `${path} is not a file`, fix: 'give the path of a file' };
    if (file.size > MAX_BYTES) return { problem: `${path} is too large for a secret`, fix: 'give another file' };
    if (file.uid === own && (file.mode & 0o077) !== 0) {
      const mode = (file.mode & 0o777).toString(8).padStart(4, '0');
      const fix = `chmod 600 ${shellWord(path)}; of a secret that is mounted into a pod: defaultMode: 0400`;
      return { problem: `${path} can be read by others (mode ${mode})`, fix };
    }
    return { content: await readFile(path) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return { problem: `${path} does not exist`, fix: 'give the path of a file', isAbsent: true };
    }
    return { problem: `${path} may not be read`, fix: `chmod u+r ${shellWord(path)}` };
  }
}

/** The line in a file; an editor ends it with a line feed, which is not part of the secret. */
export function secretLine(content: Buffer): string {
  return content.toString('utf8').replace(/\r?\n$/, '');
}
