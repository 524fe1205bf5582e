import type { KeyObject } from 'node:crypto';

/** What the head of a key file in OpenSSH's own form shows without its passphrase. */
export interface OpensshKeyHeader {
  /** `none` when it is not encrypted. */
  readonly cipher: string;
  /** e.g. `sk-ssh-ed25519@openssh.com`. */
  readonly keyType: string;
  /** In wire format. */
  readonly publicKey: Buffer;
}

const MAGIC = 'openssh-key-v1\0';

/** Reads the head of `BEGIN OPENSSH PRIVATE KEY`; undefined for anything else. Format: OpenSSH's PROTOCOL.key. */
export function opensshKeyHeader(text: string): OpensshKeyHeader | undefined {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)(?:-----END|$)/.exec(text)?.[1];
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  let at = MAGIC.length;
  const next = (): Buffer | undefined => {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    const field = end <= bytes.length ? bytes.subarray(at + 4, end) : undefined;
    at = end;
    return field;
  };
  const cipher = next()?.toString('latin1');
  next();
  next();
  // How many keys there are: always one.
  at += 4;
  const publicKey = next();
  if (cipher === undefined || publicKey === undefined || publicKey.length < 4) return undefined;
  const length = publicKey.readUInt32BE(0);
  if (length > 64 || 4 + length > publicKey.length) return undefined;
  return { cipher, keyType: publicKey.toString('latin1', 4, 4 + length), publicKey };
}

/** Writes an Ed25519 key in OpenSSH's form, not encrypted. */
export function opensshKey(key: KeyObject): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const publicPart = Buffer.from(x, 'base64url');
  const publicKey = Buffer.concat([field('ssh-ed25519'), field(publicPart)]);
  const check = Buffer.alloc(8);
  const secret = [
    check,
    field('ssh-ed25519'),
    field(publicPart),
    field(Buffer.concat([Buffer.from(d, 'base64url'), publicPart])),
  ];
  const body = Buffer.concat([...secret, field('')]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = [Buffer.from(MAGIC, 'latin1'), field('none'), field('none'), field(''), one, field(publicKey)];
  const bytes = Buffer.concat([...whole, field(Buffer.concat([body, padding]))]);
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
