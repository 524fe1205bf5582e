import { InfraError } from '../errors/errors.ts';
import type { Hop } from './hop.ts';
import { keyscanCommand, removalCommand, wayTo } from './host-key-commands.ts';
import { fingerprint, type HostKeyVerdict, type KnownHostEntry, keyTypeOf, knownHostName } from './known-hosts.ts';

/** What was offered, by whom, and where we looked it up. */
export interface OfferedKey {
  readonly hop: Hop;
  readonly key: Buffer;
  readonly files: readonly string[];
}

/** Why a key is not taken. */
export type Refused =
  | Exclude<HostKeyVerdict, { kind: 'known' }>
  | { readonly kind: 'not-pinned'; readonly pinned: string; readonly seen: readonly Buffer[] }
  | { readonly kind: 'not-accepted'; readonly accepted: Buffer };

/** The error for a host key that is not plainly known: fingerprints, file and line, and the commands to run. */
export function hostKeyRefusal(verdict: Refused, offered: OfferedKey): InfraError {
  const name = nameOf(offered);
  const seen = shown(offered.key);
  const compare = "compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub)";
  switch (verdict.kind) {
    case 'unknown':
      return new InfraError(
        `host key of ${name} is not known: it offers ${seen}; looked in ${listed(offered.files)}${unfollowed(offered)}`,
        {
          hint: `${compare}, then: ${keyscan(offered, offered.files[0])}`,
        },
      );
    case 'changed':
      return new InfraError(
        `host key of ${name} has changed: it offers ${seen}, expected ${verdict.expected.map(described).join(' or ')}; nobody was told a secret`,
        {
          hint: `someone may be in between; if the host was reinstalled, compare the fingerprint there, then: ${remedies(verdict.expected, name)} && ${keyscan(offered, verdict.expected[0]?.file)}`,
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
        {
          hint: `use the system's ssh, which does: --ssh-transport openssh; or list the host's own key beside it: ${keyscan(offered, verdict.entry.file)}`,
        },
      );
    case 'not-pinned':
      return new InfraError(
        `host key of ${name} is not the one that --ssh-host-key names: it offers ${verdict.seen.map(shown).join(', ')}, expected ${verdict.pinned}`,
        { hint: compare },
      );
    case 'not-accepted':
      return new InfraError(
        `host key of ${name} has changed since this run took it: it offers ${seen}, expected ${shown(verdict.accepted)}`,
        { hint: `someone may be in between; ${compare}` },
      );
  }
}

function unfollowed({ hop: { target } }: OfferedKey): string {
  return target.hostKeys.isAnyKeyWanted === true ? '; StrictHostKeyChecking no is never followed' : '';
}

function shown(key: Buffer): string {
  return `${keyTypeOf(key)} ${fingerprint(key)}`;
}

function nameOf({ hop: { target } }: OfferedKey): string {
  const { alias } = target.hostKeys;
  return knownHostName({ host: target.host, port: target.port, ...(alias === undefined ? {} : { alias }) });
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

function keyscan({ hop: { target, through }, key, files }: OfferedKey, file: string | undefined): string {
  const { host, port, hostKeys } = target;
  return keyscanCommand({
    ...{ host, port, alias: hostKeys.alias, via: wayTo(through), keyType: keyTypeOf(key) },
    file: file ?? files[0] ?? '~/.ssh/known_hosts',
  });
}

function remedies(expected: readonly KnownHostEntry[], name: string): string {
  const files = [...new Set(expected.map((entry) => entry.file))];
  return files.map((file) => removalCommand(name, file)).join(' && ');
}
