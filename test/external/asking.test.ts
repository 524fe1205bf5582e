import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { sevlane } from '../e2e/cli.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { needTerminal, sitDown } from '../terminal.ts';

const PASSPHRASE = 'mellon, speak friend';

describe('a locked key and a person at the terminal', () => {
  let sshd: Sshd;
  const args = (...more: readonly string[]) => [
    ...['run', '--provider', 'external', '--ssh', `root@127.0.0.1:${sshd.port}`, '--ssh-config', 'none'],
    ...['--ssh-key', join(sshd.folder, 'locked'), '--ssh-known-hosts', sshd.knownHosts, '--artifacts', 'out', ...more],
  ];

  before(async function () {
    needSshd(this);
    needTerminal(this);
    sshd = await startSshd();
    copyFileSync(sshd.keyFile, join(sshd.folder, 'locked'));
    execFileSync('ssh-keygen', ['-q', '-p', '-N', PASSPHRASE, '-f', join(sshd.folder, 'locked')]);
  });
  after(async () => await sshd?.close());

  it('asks for the passphrase without showing it, and gets in', async () => {
    const sitting = await sitDown(args());
    await sitting.shows(/passphrase of \S+locked: /);
    sitting.type('wrong one\r');
    await sitting.shows(/wrong, once more: passphrase of \S+locked: /);
    // A slip of the finger, taken back.
    sitting.type(`${PASSPHRASE}x\u007f\r`);
    await sitting.shows(/connect: done/);
    await sitting.ended();
    expect(sitting.screen()).to.not.include('mellon').and.to.not.include('wrong one');
    expect(sshd.log()).to.include('Accepted publickey');
  });

  it('ends as infra when nobody knows the passphrase', async () => {
    const sitting = await sitDown(args());
    for (const question of [/locked: /, /(once more[\s\S]*){1}locked: /, /(once more[\s\S]*){2}locked: /]) {
      await sitting.shows(question);
      sitting.type('no idea\r');
    }
    expect(await sitting.ended()).to.equal(3);
    expect(sitting.screen()).to.match(/infra: open: --ssh-key: the passphrase does not open \S+locked/);
  });

  it('shows what is typed where it is no secret, and takes an unknown host at a word', async () => {
    const known = join(sshd.folder, 'known_to_be');
    writeFileSync(known, '');
    const words = args('--ssh-key', sshd.keyFile, '--ssh-known-hosts', known, '--ssh-host-key-checking', 'ask');
    const refused = await sitDown(words);
    await refused.shows(/is not known[\s\S]*\? \(yes\/no\/fingerprint\) /);
    refused.type('no\r');
    expect(await refused.ended()).to.equal(3);
    expect(readFileSync(known, 'utf8')).to.equal('');
    const taken = await sitDown(words);
    await taken.shows(/\(yes\/no\/fingerprint\) /);
    taken.type('yes\r');
    await taken.shows(/connect: done/);
    await taken.ended();
    expect(taken.screen()).to.include('fingerprint) yes');
    expect(readFileSync(known, 'utf8')).to.include('127.0.0.1');
  });

  it('ends in order, and lets the terminal be as it was, when Ctrl-C is typed instead', async () => {
    const sitting = await sitDown(args());
    await sitting.shows(/passphrase of \S+locked: /);
    sitting.type('\u0003');
    expect(await sitting.ended()).to.equal(130);
    expect(sitting.screen()).to.match(/interrupted: stopped by SIGINT/);
  });

  it('asks nobody where the passphrase stands in a file', async () => {
    const file = join(sshd.folder, 'passphrase');
    execFileSync('sh', ['-c', 'umask 077; printf "%s\\n" "$1" > "$2"', 'sh', PASSPHRASE, file]);
    const sitting = await sitDown(args('--ssh-passphrase-file', file));
    await sitting.shows(/connect: done/);
    await sitting.ended();
    expect(sitting.screen()).to.not.include('passphrase of').and.to.not.include('mellon');
  });

  it('is told before anything is opened that there is nobody to ask', async () => {
    const { exitCode, stdout, stderr } = await sevlane(args(), { cwd: sshd.folder });
    expect(exitCode, stderr).to.equal(2);
    expect(stdout).to.match(/^usage: --ssh-key: \S+locked is encrypted with a passphrase/);
    expect(stdout).to.include('--ssh-passphrase-file FILE');
  });

  it('leaves neither the passphrase nor the key in anything that is written', async () => {
    const file = join(sshd.folder, 'passphrase');
    writeFileSync(file, PASSPHRASE, { mode: 0o600 });
    const out = join(sshd.folder, 'canary');
    const words = args('--ssh-passphrase-file', file, '--verbose', '--artifacts', out);
    const { stdout, stderr } = await sevlane(words, { cwd: sshd.folder });
    expect(stderr).to.match(/connect: done/);
    const body = readFileSync(join(sshd.folder, 'locked'), 'utf8').split('\n')[1] ?? '';
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
    const written = [stdout, stderr, ...texts].join('\n');
    for (const secret of [
      PASSPHRASE,
      Buffer.from(PASSPHRASE).toString('base64'),
      encodeURIComponent(PASSPHRASE),
      body,
    ]) {
      expect(secret).to.not.equal('');
      expect(written).to.not.include(secret);
    }
    expect(written).to.include(file);
  });
});
