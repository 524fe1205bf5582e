import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import type { HostKeyPolicy } from '../../harness/model/host.ts';
import type { Ask } from '../../harness/provider/contract.ts';
import { ssh2Transport } from '../../harness/ssh/ssh2-transport.ts';
import { failure } from '../failure.ts';
import { newKey } from './agent.ts';
import { needSshd, type Sshd, startSshd } from './sshd.ts';

describe('StrictHostKeyChecking', () => {
  let sshd: Sshd;
  let file: string;
  let told: string[];
  before(function () {
    needSshd(this);
  });
  beforeEach(async () => {
    sshd = await startSshd();
    file = join(sshd.folder, 'mine');
    told = [];
  });
  afterEach(async () => void (await sshd?.close()));
  const transport = (policy: Partial<HostKeyPolicy>, ask?: Ask) =>
    ssh2Transport(sshd.target({ hostKeys: { knownHostsFiles: [file], ...policy } }), {
      tell: (words) => told.push(words),
      ...(ask === undefined ? {} : { ask }),
    });
  const visit = async (policy: Partial<HostKeyPolicy>, ask?: Ask) => {
    const session = await transport(policy, ask).open(AbortSignal.timeout(20_000));
    await session.close();
  };
  const ours = () => readFileSync(sshd.hostKeys.ed25519, 'utf8').trim();
  const print = (publicKeyFile: string) =>
    execFileSync('ssh-keygen', ['-l', '-f', publicKeyFile], { encoding: 'utf8' }).split(' ')[1] ?? '';
  const name = () => `[127.0.0.1]:${sshd.port}`;

  describe('accept-new', () => {
    const mode = 'accept-new';

    it('writes an unknown host down where nobody else can read it, for the next strict visit', async () => {
      file = join(sshd.folder, 'new', 'folder', 'known_hosts');
      await visit({ mode });
      expect(readFileSync(file, 'utf8')).to.equal(`${name()} ${ours()}\n`);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      expect(statSync(join(sshd.folder, 'new')).mode & 0o777).to.equal(0o700);
      expect(told.join()).to.include(`${print(sshd.hostKeys.ed25519)} is taken and written to ${file}`);
      await visit({ mode: 'yes' });
      await visit({ mode });
      expect(readFileSync(file, 'utf8').split('\n')).to.have.length(2);
    });

    it('begins a line of its own, and hashes the name where the file does', async () => {
      writeFileSync(file, `other.example ${ours()}\n`);
      execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
      writeFileSync(file, readFileSync(file, 'utf8').trimEnd());
      await visit({ mode });
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      expect(lines).to.have.length(2);
      expect(lines[1]).to.match(/^\|1\|\S+\|\S+ ssh-ed25519 \S+$/);
      expect(execFileSync('ssh-keygen', ['-F', name(), '-f', file], { encoding: 'utf8' })).to.include('found: line 2');
      await visit({ mode: 'yes' });
    });

    it('goes on when the file cannot be written, and says so', async () => {
      writeFileSync(join(sshd.folder, 'plain'), '');
      file = join(sshd.folder, 'plain', 'known_hosts');
      await visit({ mode });
      expect(told.join()).to.include(`could not be written to ${file}: `);
    });

    it('takes no other key later in the same run, although no file says which one it took', async () => {
      const one = transport({ mode, knownHostsFiles: [] });
      await (await one.open(AbortSignal.timeout(20_000))).close();
      expect(told.join()).to.include('no known_hosts file is named');
      await (await one.open(AbortSignal.timeout(20_000))).close();
      newHostKey(sshd);
      const error = await failure(one.open(AbortSignal.timeout(20_000)), InfraError);
      expect(error.message)
        .to.include('has changed since this run took it')
        .and.to.include(print(sshd.hostKeys.ed25519));
    });

    it('refuses a changed and a revoked key all the same, and writes nothing', async () => {
      const other = readFileSync(`${newKey(sshd.folder, 'other')}.pub`, 'utf8');
      for (const [line, words] of [
        [`${name()} ${other}`, 'has changed'],
        [`@revoked * ${ours()}\n`, 'is revoked'],
        [`@cert-authority * ${other}`, '@cert-authority'],
      ] as const) {
        writeFileSync(file, line);
        expect((await failure(visit({ mode }), InfraError)).message).to.include(words);
        expect(readFileSync(file, 'utf8')).to.equal(line);
      }
    });
  });

  describe('ask', () => {
    const mode = 'ask';
    const answering = (...answers: string[]): { ask: Ask; questions: string[] } => {
      const questions: string[] = [];
      const ask: Ask = async (question) => {
        questions.push(question);
        return answers.shift() ?? '';
      };
      return { ask, questions };
    };

    it('shows the fingerprint, asks again for something else than an answer, and takes a yes', async () => {
      const { ask, questions } = answering('maybe', 'YES');
      await visit({ mode }, ask);
      expect(questions[0]).to.include(name()).and.to.include(print(sshd.hostKeys.ed25519));
      expect(questions).to.have.length(2);
      expect(readFileSync(file, 'utf8')).to.equal(`${name()} ${ours()}\n`);
    });

    it('takes the fingerprint for a yes, but no other one', async () => {
      const { ask, questions } = answering(`SHA256:${'A'.repeat(43)}`, ` ${print(sshd.hostKeys.ed25519)} `);
      await visit({ mode }, ask);
      expect(questions).to.have.length(2);
    });

    it('refuses after a no, and without anybody to ask', async () => {
      const { ask } = answering('no');
      expect((await failure(visit({ mode }, ask), InfraError)).message).to.include('is not known');
      expect((await failure(visit({ mode }), InfraError)).message).to.include('is not known');
      expect(existsSync(file)).to.equal(false);
    });

    it('asks nothing about a key that has changed', async () => {
      writeFileSync(file, `${name()} ${readFileSync(`${newKey(sshd.folder, 'other')}.pub`, 'utf8')}`);
      const { ask, questions } = answering('yes');
      expect((await failure(visit({ mode }, ask), InfraError)).message).to.include('has changed');
      expect(questions).to.deep.equal([]);
    });
  });

  describe('a pinned key', () => {
    it('is enough, whatever the files say, unless they revoke it', async () => {
      const pinned = print(sshd.hostKeys.ed25519);
      await visit({ pinned });
      writeFileSync(file, `${name()} ${readFileSync(`${newKey(sshd.folder, 'other')}.pub`, 'utf8')}`);
      await visit({ pinned });
      appendFileSync(file, `@revoked * ${ours()}\n`);
      expect((await failure(visit({ pinned }), InfraError)).message).to.include('is revoked');
    });

    for (const type of ['ecdsa', 'rsa'] as const) {
      it(`may be the ${type} one of a host that has better ones`, async () => {
        await visit({ pinned: print(sshd.hostKeys[type]) });
      });
    }

    it('refuses every other key, even a known one', async () => {
      writeFileSync(file, `${name()} ${ours()}\n`);
      const pinned = `SHA256:${'A'.repeat(43)}`;
      const error = await failure(visit({ pinned }), InfraError);
      expect(error.message).to.include(`expected ${pinned}`).and.to.include(print(sshd.hostKeys.ed25519));
      expect(sshd.log()).to.not.match(/Accepted|Postponed/);
    });
  });

  describe('a key that another line revokes', () => {
    it('is not asked for where the host has another known one', async () => {
      const second = readFileSync(sshd.hostKeys.ecdsa, 'utf8').trim();
      writeFileSync(file, `${name()} ${ours()}\n@revoked * ${ours()}\n${name()} ${second}\n`);
      await visit({});
    });

    it('is refused where it is the only known one', async () => {
      writeFileSync(file, `${name()} ${ours()}\n@revoked * ${ours()}\n`);
      for (const mode of ['yes', 'accept-new'] as const)
        expect((await failure(visit({ mode }), InfraError)).message).to.include('is revoked');
    });
  });

  describe('HostKeyAlias', () => {
    it('is the only name that is looked up, without a port', async () => {
      writeFileSync(file, `node-7 ${ours()}\n`);
      await visit({ alias: 'Node-7' });
      writeFileSync(file, `${name()} ${ours()}\n127.0.0.1 ${ours()}\n`);
      const error = await failure(visit({ alias: 'node-7' }), InfraError);
      expect(error.message).to.include('host key of node-7 is not known');
      await promisify(execFile)('sh', ['-c', error.hint?.split('then: ')[1] ?? 'false']);
      await visit({ alias: 'node-7' });
    });
  });

  describe('files', () => {
    it('are read whatever is in them', async () => {
      const line = `${name()} ${ours()}`;
      for (const [what, content] of [
        ['a byte order mark', `\ufeff${line}\n`],
        ['ends of lines of another system', `# x\r\n${line}\r\n`],
        ['bytes that are no text', Buffer.concat([Buffer.from([0, 255, 254, 10, 128, 10]), Buffer.from(`${line}\n`)])],
        ['a very long line', `${'x,'.repeat(500_000)}y ${ours()}\n${line}`],
      ] as const) {
        writeFileSync(file, content);
        await visit({}).catch((error) => expect.fail(`${what}: ${error.message}`));
      }
    });

    it('that cannot be read are an error, as a revoked key may stand in them', async () => {
      mkdirSync(file);
      const error = await failure(visit({ knownHostsFiles: [sshd.knownHosts, file] }), InfraError);
      expect(error.message).to.include(`cannot read known_hosts file ${file}: it is a folder`);
      rmSync(file, { recursive: true });
    });

    it('of a hashed name are mended by the commands that are told', async () => {
      writeFileSync(file, `${name()} ${readFileSync(`${newKey(sshd.folder, 'other')}.pub`, 'utf8')}`);
      execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
      const error = await failure(visit({ knownHostsFiles: [join(sshd.folder, 'none'), file] }), InfraError);
      expect(error.message).to.include(`(${file}:1)`);
      await promisify(execFile)('sh', ['-c', error.hint?.split('then: ')[1] ?? 'false']);
      await visit({});
    });
  });
});

/** As after a reinstallation: the same host shows another key. */
function newHostKey(sshd: Sshd): void {
  for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
    const file = sshd.hostKeys[type].replace(/\.pub$/, '');
    rmSync(file);
    rmSync(`${file}.pub`);
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file]);
  }
}
