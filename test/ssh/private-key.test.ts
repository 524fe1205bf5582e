import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { readPrivateKey } from '../../harness/ssh/private-key.ts';
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
});
