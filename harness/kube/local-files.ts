import { createReadStream } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { InfraError } from '../errors/errors.ts';
import type { KubeconfigText } from './kubeconfig-reader.ts';

/** More than any kubeconfig has: a whole file of another kind is not read to its end. */
export const MAX_KUBECONFIG_BYTES = 8 * 1024 * 1024;

/**
 * Reads a kubeconfig of this side, or each that is there of a list as KUBECONFIG holds it.
 * @throws InfraError for one that cannot be read, or when none of the list is there.
 */
export async function readLocalKubeconfigs(path: string): Promise<readonly KubeconfigText[]> {
  const whole = await readOrAbsent(path);
  if (whole !== undefined) return [whole];
  const paths = path.split(delimiter).filter((each) => each !== '');
  // As kubectl does: a list may name files that are not there.
  const found =
    paths.length < 2 ? [] : (await Promise.all(paths.map(readOrAbsent))).filter((each) => each !== undefined);
  if (found.length > 0) return found;
  const seen = paths.length < 2 ? 'does not exist' : 'none of these files exists';
  throw new InfraError(`kubeconfig ${path}: cannot be read: ${seen}`, { hint: 'check --kubeconfig or KUBECONFIG' });
}

async function readOrAbsent(path: string): Promise<KubeconfigText | undefined> {
  try {
    return {
      text: await readLocalText(path),
      place: path,
      side: 'here',
      folder: dirname(path),
      readFile: readLocalText,
    };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (cause instanceof InfraError) throw cause;
    throw new InfraError(`kubeconfig ${path}: cannot be read: ${SEEN[code] ?? code}`, {
      cause,
      hint: 'check --kubeconfig and the file mode',
    });
  }
}

const SEEN: Readonly<Record<string, string>> = { EACCES: 'permission denied', EISDIR: 'it is a folder' };

/** A file of this side as text, bounded: what is no kubeconfig and has no end is not read to it. */
export async function readLocalText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_KUBECONFIG_BYTES) {
      throw new InfraError(`${path} is larger than ${MAX_KUBECONFIG_BYTES / 2 ** 20} MiB: this is no kubeconfig`, {
        hint: 'check --kubeconfig',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
