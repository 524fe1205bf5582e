import { readPrivateKey } from '../ssh/private-key.ts';
import type { Account, SshRequest, SshSurroundings } from './request.ts';
import { readSecretFile, secretLine } from './secret-file.ts';

/** A key that is open, one that a person will open later, or why it stays shut. */
export type Unlocking =
  | { readonly kind: 'open'; readonly passphrase?: string }
  | { readonly kind: 'later' }
  | { readonly kind: 'shut'; readonly problem: string; readonly fix: string };

/** As often as ssh asks. */
const ATTEMPTS = 3;

/** Opens keys with the passphrases that are known, and asks for others; the same key is asked for once. */
export interface Passphrases {
  /** What is wrong with --ssh-passphrase-file itself. */
  readonly problem: { readonly problem: string; readonly fix: string } | undefined;
  unlock(content: Buffer, path: string): Promise<Unlocking>;
}

/** Reads the file of the passphrase, if one is given. */
export async function openPassphrases(
  { passphraseFile }: SshRequest,
  { ask, signal }: SshSurroundings,
  account: Account,
): Promise<Passphrases> {
  const file = passphraseFile === undefined ? undefined : await readSecretFile(passphraseFile, account);
  const known = file !== undefined && 'content' in file ? [secretLine(file.content)] : [];
  const done = new Map<string, Unlocking>();
  const work = async (content: Buffer, path: string): Promise<Unlocking> => {
    let reading = readPrivateKey(content, path);
    if ('key' in reading) return { kind: 'open' };
    if (reading.needs === undefined) return { kind: 'shut', problem: reading.problem, fix: reading.fix };
    for (const passphrase of known) {
      reading = readPrivateKey(content, path, passphrase);
      if ('key' in reading) return { kind: 'open', passphrase };
    }
    if (ask === 'later') return { kind: 'later' };
    for (let attempt = 0; ask !== undefined && attempt < ATTEMPTS; attempt++) {
      const again = attempt === 0 ? '' : 'wrong, once more: ';
      const typed = await ask(`${again}passphrase of ${path}: `, { isSecret: true, signal });
      // As with ssh, an empty line leaves the key out.
      if (typed === '') break;
      reading = readPrivateKey(content, path, typed);
      if (!('key' in reading)) continue;
      known.push(typed);
      return { kind: 'open', passphrase: typed };
    }
    return { kind: 'shut', problem: reading.problem, fix: reading.fix };
  };
  return {
    problem: file !== undefined && 'problem' in file ? file : undefined,
    async unlock(content, path) {
      const before = done.get(path);
      if (before !== undefined) return before;
      const unlocking = await work(content, path);
      done.set(path, unlocking);
      return unlocking;
    },
  };
}
