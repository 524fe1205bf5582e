import { createHash, createHmac } from 'node:crypto';

/** Who is looked up: a host, or what HostKeyAlias calls it. */
export interface NamedHost {
  readonly host: string;
  readonly port: number;
  readonly alias?: string;
}

/** A known_hosts file as read. */
export interface KnownHostsFile {
  readonly path: string;
  readonly text: string;
}

/** One line of a known_hosts file that speaks of the host in question. */
export interface KnownHostEntry {
  readonly file: string;
  readonly line: number;
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** e.g. `ssh-ed25519`. */
  readonly keyType: string;
  /** The public key in SSH wire format. */
  readonly key: Buffer;
  /** False: the line names the host without its port, which proves an equal key but disproves nothing. */
  readonly namesPort: boolean;
  readonly isHashed: boolean;
}

/** What the known_hosts files say about a key that a host offers. */
export type HostKeyVerdict =
  | { readonly kind: 'known'; readonly entry: KnownHostEntry }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'changed'; readonly expected: readonly KnownHostEntry[] }
  | { readonly kind: 'revoked'; readonly entry: KnownHostEntry }
  | { readonly kind: 'cert-authority'; readonly entry: KnownHostEntry };

/**
 * All lines that match the host, in the order of the files. Lines that cannot be read are passed over, as ssh does.
 * Format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
 */
export function knownHostEntries(files: readonly KnownHostsFile[], host: NamedHost): readonly KnownHostEntry[] {
  return files.flatMap(({ path, text }) =>
    withoutMark(text)
      .split('\n')
      .flatMap((line, index) => readLine(line, { file: path, line: index + 1 }, host) ?? []),
  );
}

/** Judges a key that the host offers. Fails closed: whatever is not plainly known is refused by the caller. */
export function judgeHostKey(entries: readonly KnownHostEntry[], offered: Buffer): HostKeyVerdict {
  const revoked = entries.find((entry) => entry.marker === 'revoked' && entry.key.equals(offered));
  if (revoked) return { kind: 'revoked', entry: revoked };
  const plain = entries.filter((entry) => entry.marker === 'none');
  const known = plain.find((entry) => entry.key.equals(offered));
  if (known) return { kind: 'known', entry: known };
  const expected = plain.filter((entry) => entry.namesPort);
  if (expected.length > 0) return { kind: 'changed', expected };
  const authority = entries.find((entry) => entry.marker === 'cert-authority');
  return authority ? { kind: 'cert-authority', entry: authority } : { kind: 'unknown' };
}

/**
 * The types to ask the host for first: those of which it has a key that is not revoked, as another line can revoke a
 * known key. Where all are revoked they are asked for all the same, for the refusal to say so.
 */
export function knownKeyTypes(entries: readonly KnownHostEntry[]): readonly string[] {
  const plain = entries.filter(({ marker }) => marker === 'none');
  const good = plain.filter(({ key }) => judgeHostKey(entries, key).kind === 'known');
  return (good.length > 0 ? good : plain).map(({ keyType }) => keyType);
}

/** A public key's fingerprint as `ssh-keygen -l` prints it: `SHA256:` and unpadded base64. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a public key in wire format names itself, e.g. `ssh-ed25519`. */
export function keyTypeOf(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return length > 0 && length <= 64 && key.length >= 4 + length ? key.toString('latin1', 4, 4 + length) : '';
}

/** The name under which known_hosts lists the host: its alias as it is, else `host`, or `[host]:port` unless the port is 22. */
export function knownHostName({ host, port, alias }: NamedHost): string {
  if (alias !== undefined) return alias.toLowerCase();
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

function readLine(
  line: string,
  place: { readonly file: string; readonly line: number },
  host: NamedHost,
): KnownHostEntry | undefined {
  const fields = line.trim().split(/\s+/);
  if (fields[0] === undefined || fields[0] === '' || fields[0].startsWith('#')) return undefined;
  const marker = fields[0].startsWith('@') ? fields.shift() : undefined;
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return undefined;
  const [names, keyType, base64] = fields;
  if (names === undefined || keyType === undefined || base64 === undefined) return undefined;
  const namesPort = matches(names, knownHostName(host));
  if (!namesPort && (host.alias !== undefined || !matches(names, host.host.toLowerCase()))) return undefined;
  // Node would pass over whatever is not base64, and read a key that is not written there.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const key = Buffer.from(base64, 'base64');
  if (keyTypeOf(key) !== keyType) return undefined;
  return {
    ...place,
    marker: marker ? (marker === '@revoked' ? 'revoked' : 'cert-authority') : 'none',
    keyType,
    key,
    namesPort,
    isHashed: names.startsWith('|1|'),
  };
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|1|')) return matchesHash(names, name);
  const patterns = names.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, name));
}

function matchesHash(hashed: string, name: string): boolean {
  const [, , salt, hash] = hashed.split('|');
  if (salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest().equals(Buffer.from(hash, 'base64'));
}

/** `*` and `?`, in time that no number of stars can blow up. */
function matchesPattern(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let retryAt = 0;
  for (let index = 0; index < name.length; ) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      retryAt = index;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      retryAt += 1;
      index = retryAt;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** Some editors begin a file with a byte order mark, which is no part of the first name. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
