import { InfraError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import { fingerprint, type HostKeyVerdict, type KnownHostEntry, keyTypeOf, knownHostName } from './known-hosts.ts';

/** What was offered, by whom, and where we looked it up. */
export interface OfferedKey {
  readonly host: HostPort;
  readonly key: Buffer;
  readonly files: readonly string[];
}

/** The error for a host key that is not plainly known: fingerprints, file and line, and the commands to run. */
export function hostKeyRefusal(verdict: Exclude<HostKeyVerdict, { kind: 'known' }>, offered: OfferedKey): InfraError {
  const name = knownHostName(offered.host);
  const seen = `${keyTypeOf(offered.key)} ${fingerprint(offered.key)}`;
  switch (verdict.kind) {
    case 'unknown':
      return new InfraError(`host key of ${name} is not known: it offers ${seen}; looked in ${listed(offered.files)}`, {
        hint: `compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then: ${keyscan(offered)}`,
      });
    case 'changed':
      return new InfraError(
        `host key of ${name} has changed: it offers ${seen}, expected ${verdict.expected.map(described).join(' or ')}; nobody was told a secret`,
        {
          hint: `someone may be in between; if the host was reinstalled, compare the fingerprint there, then: ${remedies(verdict.expected, name)} && ${keyscan(offered)}`,
        },
      );
    case 'revoked':
      return new InfraError(
        `host key of ${name} is revoked: it offers ${seen}, marked @revoked at ${placeOf(verdict.entry)}`,
        { hint: 'the host must get a new key; never connect with this one' },
      );
    case 'cert-authority':
      return new InfraError(
        `host key of ${name} is not known: it offers ${seen}; ${placeOf(verdict.entry)} trusts a certificate authority (@cert-authority), which this transport does not support`,
        { hint: `list the host's own key beside it: ${keyscan(offered)}` },
      );
  }
}

function described(entry: KnownHostEntry): string {
  return `${entry.keyType} ${fingerprint(entry.key)} (${placeOf(entry)})`;
}

function placeOf(entry: KnownHostEntry): string {
  return `${entry.file}:${entry.line}`;
}

function listed(files: readonly string[]): string {
  return files.length === 0 ? 'no known_hosts file' : files.join(', ');
}

function keyscan({ host, key, files }: OfferedKey): string {
  const kind = keyTypeOf(key)
    .replace(/^ssh-/, '')
    .replace(/^ecdsa-.*/, 'ecdsa');
  const port = host.port === 22 ? '' : `-p ${host.port} `;
  return `ssh-keyscan -t ${kind} ${port}${host.host} >> ${quoted(files[0] ?? '~/.ssh/known_hosts')}`;
}

function remedies(expected: readonly KnownHostEntry[], name: string): string {
  const files = [...new Set(expected.map((entry) => entry.file))];
  return files.map((file) => `ssh-keygen -R ${quoted(name)} -f ${quoted(file)}`).join(' && ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
