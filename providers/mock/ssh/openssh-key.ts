import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** An ed25519 pair as OpenSSH writes it to files. */
export interface SshKeyPair {
  /** `-----BEGIN OPENSSH PRIVATE KEY-----`, unencrypted: ssh2 and OpenSSH both read it. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA… comment`, one line without its end. */
  readonly publicKey: string;
}

/**
 * Makes an ed25519 pair in OpenSSH's own format.
 * Layout: PROTOCOL.key of OpenSSH. Written here because the generator of ssh2 1.17 spoils about one pair in two hundred.
 */
export function makeSshKeyPair(comment: string): SshKeyPair {
  const { seed, point } = rawPair();
  const publicBlob = Buffer.concat([sshString('ssh-ed25519'), sshString(point)]);
  const check = randomBytes(4);
  const secrets = Buffer.concat([
    check,
    check,
    publicBlob,
    sshString(Buffer.concat([seed, point])),
    sshString(comment),
  ]);
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(publicBlob),
    sshString(padded(secrets)),
  ]);
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    publicKey: `ssh-ed25519 ${publicBlob.toString('base64')} ${comment}`,
  };
}

function rawPair(): { seed: Buffer; point: Buffer } {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (d === undefined || x === undefined) throw new Error('an ed25519 key was exported without its parts');
  return { seed: Buffer.from(d, 'base64url'), point: Buffer.from(x, 'base64url') };
}

function padded(bytes: Buffer): Buffer {
  const missing = (8 - (bytes.length % 8)) % 8;
  return Buffer.concat([bytes, Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, missing))]);
}

function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
