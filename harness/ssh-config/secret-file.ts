import { readFile, realpath, stat } from 'node:fs/promises';
import { shellWord } from '../ssh/shell-word.ts';
import type { Account } from './request.ts';

/** What a file with a secret holds, or what is wrong with it. */
export type SecretReading =
  | { readonly content: Buffer }
  | { readonly problem: string; readonly fix: string; readonly isAbsent?: boolean };

/** Neither a key nor a password is larger; a device or a log must not be read to its end. */
const MAX_BYTES = 256 * 1024;

/**
 * Reads a file with a secret. As ssh does, one of our own that others can read is refused, unless `isSecret` sees that
 * what it holds is none. Never throws.
 */
export async function readSecretFile(
  path: string,
  { uid: own }: Pick<Account, 'uid'>,
  isSecret: (content: Buffer) => boolean = () => true,
): Promise<SecretReading> {
  let owner: number | undefined;
  try {
    const file = await stat(path);
    owner = file.uid;
    if (!file.isFile()) return { problem: `${path} is not a file`, fix: 'give the path of a file' };
    if (file.size > MAX_BYTES) return { problem: `${path} is too large for a secret`, fix: 'give another file' };
    const content = await readFile(path);
    if (owner !== own || (file.mode & 0o077) === 0 || !isSecret(content)) return { content };
    const mode = (file.mode & 0o777).toString(8).padStart(4, '0');
    return { problem: `${path} can be read by others (mode ${mode})`, fix: await closing(path) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return { problem: `${path} does not exist`, fix: 'give the path of a file', isAbsent: true };
    }
    const fix = owner === own ? `chmod u+r ${shellWord(path)}` : 'give a file of your own';
    return { problem: `${path} may not be read`, fix };
  }
}

/** How to keep others out. What belongs to the system must stay as it is: programs of others read it. */
async function closing(path: string): Promise<string> {
  const mounted = 'of a secret that is mounted into a pod: defaultMode: 0400';
  const isOfSystem = /^\/(etc|usr)\//.test(await realpath(path));
  return `${isOfSystem ? 'give a copy that only you can read' : `chmod 600 ${shellWord(path)}`}; ${mounted}`;
}

/** The line in a file; an editor ends it with a line feed, which is not part of the secret. */
export function secretLine(content: Buffer): string {
  return content.toString('utf8').replace(/\r?\n$/, '');
}
