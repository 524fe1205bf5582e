import { createHmac, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InfraError } from '../errors/errors.ts';
import { type KnownHostsFile, keyTypeOf } from './known-hosts.ts';
import { shellWord } from './shell-word.ts';

/** Far beyond any real one; what is bigger is something else. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads the files that are there, in their order.
 * @throws InfraError for one that is there and cannot be read: a revoked key may stand in it.
 */
export async function readKnownHosts(paths: readonly string[], what: string): Promise<readonly KnownHostsFile[]> {
  const read = await Promise.all(paths.map((path) => readOne(path, what)));
  return read.flat();
}

async function readOne(path: string, what: string): Promise<readonly KnownHostsFile[]> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) {
      throw new InfraError(`${what}: known_hosts file ${path} has ${size} bytes, more than any known_hosts file`, {
        hint: 'name the right file: --ssh-known-hosts FILE',
      });
    }
    return [{ path, text: await readFile(path, 'utf8') }];
  } catch (cause) {
    if (cause instanceof InfraError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new InfraError(
      `${what}: cannot read known_hosts file ${path}: ${code === 'EISDIR' ? 'it is a folder' : code}`,
      {
        cause,
        hint:
          code === 'EISDIR' ? 'name a file: --ssh-known-hosts FILE' : `make it readable: chmod u+r ${shellWord(path)}`,
      },
    );
  }
}

/**
 * Writes a key down at the end of the file, in one piece and on a line of its own; the name is hashed where the file
 * hashes names. A file that is not there is made, for its owner only. @throws when it cannot be written.
 */
export async function addKnownHost(path: string, name: string, key: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  try {
    const text = await file.readFile('latin1');
    const names = /^\|1\|/m.test(text) ? hashed(name) : name;
    // The last line may lack its end.
    const end = text === '' || text.endsWith('\n') ? '' : '\n';
    await file.appendFile(`${end}${names} ${keyTypeOf(key)} ${key.toString('base64')}\n`);
  } finally {
    await file.close();
  }
}

/** `|1|SALT|HMAC-SHA1`, as HashKnownHosts writes it. */
function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}
