import { execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, before, describe, it } from 'mocha';
import { openScope } from '../../harness/scope/scope.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import { externalProvider } from '../../providers/external/provider.ts';
import { lane, sevlane } from '../e2e/cli.ts';
import { needProgram } from '../programs.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';

describe('getting into a node of somebody else, through real sshds', () => {
  let node: Sshd;
  let gate: Sshd;
  let stopAgent = () => {};
  let config: string;
  const at = (name: string) => join(node.folder, name);

  before(async function () {
    needSshd(this);
    for (const program of ['ssh-agent', 'ssh-add', 'ssh-keygen']) needProgram(this, program);
    [node, gate] = [await startSshd(), await startSshd()];
    copyFileSync(gate.knownHosts, at('gate known'));
    appendFileSync(gate.knownHosts, readFileSync(node.knownHosts));
    execFileSync('ssh-keygen', ['-q', '-H', '-f', gate.knownHosts], { stdio: 'ignore' });
    const agent = spawn('ssh-agent', ['-D', '-a', at('agent')], { stdio: ['ignore', 'pipe', 'ignore'] });
    stopAgent = () => void agent.kill();
    await new Promise((resolve) => agent.stdout.once('data', resolve));
    // A machine with a shell and without ssh.
    mkdirSync(at('bin'));
    for (const program of ['sh', 'rm', 'sleep', 'grep'])
      symlinkSync(needProgram(this, program), join(at('bin'), program));
    // More keys than sshd lets anybody try: without IdentitiesOnly nobody would get in.
    for (let count = 0; count < 7; count++) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(`other${count}`)]);
      add(at(`other${count}`));
    }
    add(node.keyFile);
    // The node's key is in the agent and nowhere else.
    writeFileSync(at('node.pub'), readFileSync(`${node.keyFile}.pub`));
    config = at('ssh_config');
    writeFileSync(
      config,
      [
        'Host amd1',
        '  HostName 127.0.0.1',
        `  Port ${node.port}`,
        '  ProxyJump gate',
        '  IdentitiesOnly yes',
        `  IdentityFile ${at('node.pub')}`,
        `  IdentityAgent ${at('agent')}`,
        'Host gate',
        '  HostName 127.0.0.1',
        `  Port ${gate.port}`,
        `  IdentityFile ${gate.keyFile}`,
        '  IdentityAgent none',
        'Match host 127.0.0.*',
        '  User root',
        `  UserKnownHostsFile ${gate.knownHosts}`,
        '',
      ].join('\n'),
    );
  });
  after(async () => {
    stopAgent();
    await node?.close();
    await gate?.close();
  });
  const add = (key: string) =>
    execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: at('agent') }, stdio: 'ignore' });

  for (const [where, isBare] of [
    ['with ssh', false],
    ['without ssh', true],
  ] as const) {
    it(`follows ssh_config over a jump, with a key that only the agent has, ${where}`, async () => {
      const env = { KUBEVIRT_PROVIDER: 'external', ...(isBare ? { PATH: at('bin') } : {}) };
      const { stderr, phases } = await lane(['--ssh', 'amd1', '--ssh-config', config], env);
      const connect = phases.find(({ name }) => name.includes('connect'));
      expect(connect, stderr).to.include({ outcome: 'passed' });
      expect(gate.log()).to.include('Accepted publickey');
      expect(node.log()).to.include('Accepted publickey');
      expect(node.log().match(/Failed publickey/g), 'no key is offered that is not named').to.equal(null);
    });
  }

  for (const transport of ['builtin', 'openssh'] as const) {
    describe(`with nothing but flags, over a jump, by the ${transport} transport`, () => {
      const inWith = async (known: readonly string[]) => {
        appendFileSync(join(gate.folder, 'authorized_keys'), readFileSync(`${node.keyFile}.pub`));
        const hosts = ['--ssh', `root@127.0.0.1:${node.port}`, '--ssh-jump', `root@127.0.0.1:${gate.port}`];
        const flags = ['--ssh-config', 'none', '--ssh-key', node.keyFile, '--ssh-known-hosts', at('flags known')];
        writeFileSync(at('flags known'), known.map((file) => readFileSync(file, 'utf8')).join(''));
        const args = ['--provider', 'external', ...hosts, ...flags, '--ssh-transport', transport];
        return async () => {
          const { stdout } = await sevlane(['doctor', '--json', ...args]);
          const { checks } = JSON.parse(stdout) as {
            checks: { id: string; verdict: string; read: string; action?: string }[];
          };
          const check = checks.find(({ id }) => id === 'ssh-connection');
          if (check === undefined) throw new Error(stdout);
          return check;
        };
      };

      it('uses the key and the known hosts of the flags on both hosts', async () => {
        expect(await (await inWith([node.knownHosts, at('gate known')]))()).to.include({ verdict: 'ok' });
      });

      it('is let in by pasting what it says of a host behind the jump', async () => {
        const doctor = await inWith([at('gate known')]);
        const { verdict, read, action = '' } = await doctor();
        expect(verdict).to.equal('fatal');
        const print = execFileSync('ssh-keygen', ['-lf', node.hostKeys.ed25519], { encoding: 'utf8' }).split(' ')[1];
        expect(read).to.include(`[127.0.0.1]:${node.port} is not known: it offers ssh-ed25519 ${print}`);
        await execa('sh', ['-c', /then: (.+)$/.exec(action)?.[1] ?? 'false'], { stdio: 'ignore' });
        expect(await doctor()).to.include({ verdict: 'ok' });
      });
    });
  }

  it('takes a key in every form', async () => {
    const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
    const locked = { ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'open sesame' };
    const made = {
      'pkcs8-rsa': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pkcs8),
      'pkcs8-p256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(locked),
      'pkcs8-p384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export(pkcs8),
      'pkcs8-ed25519': generateKeyPairSync('ed25519').privateKey.export(locked),
    };
    for (const [name, text] of Object.entries(made)) writeFileSync(at(name), text, { mode: 0o600 });
    const forms = {
      'openssh-rsa': ['-t', 'rsa', '-b', '2048'],
      'pem-rsa': ['-t', 'rsa', '-b', '2048', '-m', 'PEM'],
      'pem-ecdsa': ['-t', 'ecdsa', '-b', '521', '-m', 'PEM'],
    };
    for (const [name, words] of Object.entries(forms)) {
      execFileSync('ssh-keygen', ['-q', ...words, '-N', 'open sesame', '-f', at(name)]);
    }
    writeFileSync(at('passphrase'), 'open sesame', { mode: 0o600 });
    for (const name of [...Object.keys(made), ...Object.keys(forms)]) {
      appendFileSync(at('authorized_keys'), publicLine(at(name)));
      const scope = openScope(() => {});
      const host = await externalProvider
        .create({
          ssh: { user: 'root', host: '127.0.0.1', port: node.port },
          'ssh-config': 'none',
          'ssh-key': [at(name)],
          'ssh-passphrase-file': at('passphrase'),
          'ssh-known-hosts': [node.knownHosts],
          kubeconfig: 'node',
        })
        .acquire(scope);
      if (host.ssh === undefined) throw new Error('no node');
      const connection = await connectSsh(scope, host.ssh);
      expect((await connection.exec('echo in', { signal: scope.signal })).stdout, name).to.equal('in\n');
      await scope.close();
    }
  });

  /** The line for authorized_keys, made by somebody else than the code that reads the key. */
  function publicLine(file: string): string {
    const text = readFileSync(file, 'utf8');
    if (!text.includes('BEGIN PRIVATE') && !text.includes('BEGIN ENCRYPTED'))
      return readFileSync(`${file}.pub`, 'utf8');
    const key = createPrivateKey({ key: text, passphrase: 'open sesame' });
    const { x = '', kty } = key.export({ format: 'jwk' });
    if (kty === 'OKP') {
      const [type, raw] = [Buffer.from('ssh-ed25519'), Buffer.from(x, 'base64url')];
      const blob = Buffer.concat([Buffer.from([0, 0, 0, type.length]), type, Buffer.from([0, 0, 0, raw.length]), raw]);
      return `ssh-ed25519 ${blob.toString('base64')}\n`;
    }
    copyFileSync(file, `${file}.copy`);
    return execFileSync('ssh-keygen', ['-y', '-P', 'open sesame', '-f', `${file}.copy`], { encoding: 'utf8' });
  }
});
