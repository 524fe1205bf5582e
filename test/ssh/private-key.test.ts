import { execFileSync } from 'node:child_process';
import { createHash, createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { publicHalf, publicKeyLine, readPrivateKey } from '../../harness/ssh/private-key.ts';
import { needProgram } from '../programs.ts';

describe('a private key', () => {
  let folder: string;
  before(function () {
    needProgram(this, 'ssh-keygen');
    folder = mkdtempSync(join(tmpdir(), 'sevlane-key-'));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  function keygen(name: string, ...options: readonly string[]): Buffer {
    execFileSync('ssh-keygen', ['-q', '-f', join(folder, name), ...options]);
    return readFileSync(join(folder, name));
  }
  const problem = (content: Buffer | string, passphrase?: string) => {
    const reading = readPrivateKey(Buffer.from(content), '/keys/id', passphrase);
    return 'problem' in reading ? `${reading.problem}; ${reading.fix}` : 'readable';
  };

  it('is read in every form that ssh-keygen and OpenSSL write', () => {
    for (const type of ['ed25519', 'ecdsa', 'rsa']) {
      expect(problem(keygen(`new-${type}`, '-t', type, '-N', ''))).to.equal('readable');
    }
    expect(problem(keygen('pem-rsa', '-t', 'rsa', '-m', 'PEM', '-N', ''))).to.equal('readable');
    expect(problem(keygen('pem-ecdsa', '-t', 'ecdsa', '-m', 'PEM', '-N', ''))).to.equal('readable');
    const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
    const made = [
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('ec', { namedCurve: 'P-521' }),
      generateKeyPairSync('ed25519'),
    ];
    for (const { privateKey } of made) {
      expect(problem(privateKey.export(pkcs8))).to.equal('readable');
      const locked = privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'open sesame' });
      expect(problem(locked, 'open sesame')).to.equal('readable');
      expect(problem(locked)).to.include('is encrypted with a passphrase');
      expect(problem(locked, 'wrong one')).to.include('the passphrase does not open /keys/id');
    }
  });

  it('with a passphrase is opened by it, and says what to do without it', () => {
    for (const form of [
      ['-t', 'ed25519'],
      ['-t', 'rsa', '-m', 'PEM'],
    ]) {
      const locked = keygen(`locked-${form.join('')}`, ...form, '-N', 'open sesame');
      expect(problem(locked, 'open sesame')).to.equal('readable');
      expect(problem(locked)).to.include('/keys/id is encrypted with a passphrase').and.to.include('ssh-keygen -p');
      expect(problem(locked, 'wrong one')).to.include('the passphrase does not open /keys/id');
    }
  });

  it('is told from public keys, empty files, kubeconfigs and rubbish, without repeating them', () => {
    keygen('pair', '-t', 'ed25519', '-N', '');
    expect(problem(readFileSync(join(folder, 'pair.pub')))).to.include('holds a public key');
    expect(problem(' \n')).to.include('is empty');
    for (const rubbish of ['apiVersion: v1\nkind: Config\n', 'hunter2', '\0\x01\x02binary']) {
      expect(problem(rubbish)).to.include('is not a private key that can be read').and.to.not.include('hunter2');
    }
    const whole = readFileSync(join(folder, 'pair'), 'utf8');
    for (let cut = 1; cut < whole.length - 40; cut += 31) {
      expect(problem(whole.slice(0, cut)))
        .to.include('/keys/id')
        .and.to.not.include(whole.slice(60, 90));
    }
  });

  it('is told from what only looks like one, each with its way out', () => {
    const OPENSSH = "let the system's ssh use it: --ssh-transport openssh";
    keygen('plain', '-t', 'ed25519', '-N', '');
    const publicKey = readFileSync(join(folder, 'plain.pub'), 'utf8');
    const spki = { type: 'spki', format: 'pem' } as const;
    const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const told: Readonly<Record<string, readonly [content: string | Buffer, ...words: string[]]>> = {
      'a key on a token': [keyOf('sk-ssh-ed25519@openssh.com'), 'lives on a security token (FIDO)', OPENSSH],
      'a token of the other kind': [keyOf('sk-ecdsa-sha2-nistp256@openssh.com'), 'security token', OPENSSH],
      'a locked key on a token': [keyOf('sk-ssh-ed25519@openssh.com', 'aes256-ctr'), 'security token', OPENSSH],
      'a type of the future': [keyOf('ssh-mldsa-44@openssh.com'), 'ssh-mldsa-44@openssh.com', OPENSSH],
      'a DSA key': [keyOf('ssh-dss'), 'is a DSA key', 'ssh-keygen -t ed25519'],
      'a DSA key in PEM': ['-----BEGIN DSA PRIVATE KEY-----\nAAAA\n', 'is a DSA key'],
      'a certificate': [`ssh-ed25519-cert-v01@openssh.com AAAA me`, 'holds a certificate', '/keys/id', OPENSSH],
      'an X.509 certificate': ['-----BEGIN CERTIFICATE-----\nMIIB\n', 'holds an X.509 certificate'],
      'a public key in PEM': [rsa.publicKey.export(spki), 'holds a public key'],
      'a public key of RFC 4716': ['---- BEGIN SSH2 PUBLIC KEY ----\nAAAA', 'holds a public key'],
      'a public key with options': [`no-pty ${publicKey}`, '/keys/id'],
      'a new PuTTY key': [
        'PuTTY-User-Key-File-3: ssh-ed25519\n',
        'PuTTY key of a version',
        'puttygen /keys/id -O private-openssh',
      ],
      'line ends that are none': [
        rsa.privateKey.export(pkcs8).toString().replaceAll('\n', '\\n'),
        'instead of line ends',
        "printf '%b'",
      ],
      'a key that ssh has no use for': [generateKeyPairSync('x25519').privateKey.export(pkcs8), 'is a x25519 key'],
      'PKCS#8 cut off': [
        rsa.privateKey.export(pkcs8).toString().slice(0, 600),
        'is not a private key that can be read',
      ],
    };
    for (const [what, [content, ...words]] of Object.entries(told)) {
      for (const word of words) expect(problem(content), what).to.include(word);
    }
  });

  it('is read although a secret store or an editor changed its line ends', () => {
    const text = keygen('ends', '-t', 'ed25519', '-N', '').toString();
    const pem = keygen('pem-ends', '-t', 'rsa', '-m', 'PEM', '-N', '').toString();
    for (const whole of [text, pem]) {
      const changed = [whole.trimEnd(), whole.replaceAll('\n', '\r\n'), `\ufeff${whole}`, `\n\n${whole}\n\n`];
      for (const one of changed) expect(problem(one), JSON.stringify(one)).to.equal('readable');
    }
  });

  it('is read in the form of PuTTY 0.5 to 0.74', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(problem(puttyKey(privateKey))).to.equal('readable');
    expect(problem(puttyKey(privateKey).replace(/Private-MAC: ../, 'Private-MAC: 00'))).to.include('puttygen /keys/id');
  });

  it('shows its public half without its passphrase', () => {
    const locked = keygen('half', '-t', 'ecdsa', '-N', 'open sesame');
    const expected = publicKeyLine(readFileSync(join(folder, 'half.pub')));
    expect(expected).to.be.instanceOf(Buffer);
    expect(publicHalf(locked)).to.deep.equal(expected);
    const pem = keygen('half-pem', '-t', 'rsa', '-m', 'PEM', '-N', '');
    expect(publicHalf(pem)).to.deep.equal(publicKeyLine(readFileSync(join(folder, 'half-pem.pub'))));
    for (const rubbish of ['', 'ssh-ed25519', 'ssh-ed25519 !!!!', 'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA']) {
      expect(publicKeyLine(Buffer.from(rubbish)), rubbish).to.equal(undefined);
      expect(publicHalf(Buffer.from(rubbish)), rubbish).to.equal(undefined);
    }
  });

  it('never throws and never repeats what it holds, whatever that is', () => {
    const whole = keygen('fuzz', '-t', 'ed25519', '-N', '');
    const damaged = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length)).map(([at, byte, end]) => {
      const copy = Buffer.from(whole);
      copy[at] = byte;
      return copy.subarray(0, end);
    });
    const wrapped = fc
      .tuple(fc.constantFrom('OPENSSH ', 'RSA ', 'EC ', '', 'ENCRYPTED '), fc.uint8Array({ maxLength: 300 }))
      .map(([kind, bytes]) =>
        Buffer.from(
          `-----BEGIN ${kind}PRIVATE KEY-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${kind}PRIVATE KEY-----\n`,
        ),
      );
    const header = fc
      .uint8Array({ maxLength: 200 })
      .map((bytes) =>
        Buffer.from(
          `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.concat([Buffer.from('openssh-key-v1\0'), bytes]).toString('base64')}`,
        ),
      );
    const any = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(
        fc.oneof(damaged, wrapped, header, any),
        fc.option(fc.string(), { nil: undefined }),
        (content, passphrase) => {
          const reading = readPrivateKey(content, '/keys/id', passphrase);
          publicHalf(content);
          if (!('problem' in reading)) return;
          expect(reading.problem).to.include('/keys/id');
          expect(reading.problem.length).to.be.below(300);
          for (let at = 40; at + 24 < content.length; at += 24) {
            expect(reading.problem).to.not.include(content.toString('latin1', at, at + 24));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** A key file in OpenSSH's form of a type that ssh-keygen makes only with hardware, or not at all any more. */
function keyOf(type: string, cipher = 'none'): string {
  const field = (content: string | Buffer) => {
    const bytes = Buffer.from(content);
    return Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  };
  const publicKey = Buffer.concat([field(type), field(Buffer.alloc(32, 7))]);
  const secret = Buffer.concat([Buffer.alloc(8, 1), field(type), field(Buffer.alloc(32, 7)), field('comment')]);
  const padded = Buffer.concat([secret, Buffer.from([1, 2, 3, 4, 5, 6, 7, 8].slice(0, (8 - (secret.length % 8)) % 8))]);
  const [kdf, options] =
    cipher === 'none' ? ['none', ''] : ['bcrypt', Buffer.concat([field('salt'.repeat(4)), Buffer.from([0, 0, 0, 1])])];
  const whole = [field(cipher), field(kdf), field(options), Buffer.from([0, 0, 0, 1]), field(publicKey), field(padded)];
  const base64 = Buffer.concat([Buffer.from('openssh-key-v1\0'), ...whole]).toString('base64');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${base64}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** An RSA key as PuTTYgen wrote it before version 0.75: PuTTY's manual, appendix C. */
function puttyKey(key: KeyObject): string {
  const jwk = key.export({ format: 'jwk' });
  const field = (content: string | Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(content));
    return Buffer.concat([length, Buffer.from(content)]);
  };
  const number = (text = '') => {
    const bytes = Buffer.from(text, 'base64url');
    return field((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
  };
  const publicPart = Buffer.concat([field('ssh-rsa'), number(jwk.e), number(jwk.n)]);
  const privatePart = Buffer.concat([number(jwk.d), number(jwk.p), number(jwk.q), number(jwk.qi)]);
  const signed = [field('ssh-rsa'), field('none'), field('comment'), field(publicPart), field(privatePart)];
  const macKey = createHash('sha1').update('putty-private-key-file-mac-key').digest();
  const mac = createHmac('sha1', macKey).update(Buffer.concat(signed)).digest('hex');
  const lines = (part: Buffer) => part.toString('base64').match(/.{1,64}/g) ?? [];
  return [
    ...['PuTTY-User-Key-File-2: ssh-rsa', 'Encryption: none', 'Comment: comment'],
    ...[`Public-Lines: ${lines(publicPart).length}`, ...lines(publicPart)],
    ...[`Private-Lines: ${lines(privatePart).length}`, ...lines(privatePart), `Private-MAC: ${mac}`, ''],
  ].join('\n');
}
