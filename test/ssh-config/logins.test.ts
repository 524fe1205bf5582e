import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { after, before, beforeEach, describe, it } from 'mocha';
import type { SshAuth } from '../../harness/model/host.ts';
import { publicKeyLine } from '../../harness/ssh/private-key.ts';
import type { SshRequest, SshSurroundings } from '../../harness/ssh-config/request.ts';
import { needProgram } from '../programs.ts';
import { accountAt, type Desk, NO_SSH, setDesk, surroundings } from './desk.ts';

describe('what can be offered to log in', () => {
  let desk: Desk;
  let agent: { readonly socket: string; add(key: string): void; clear(): void; stop(): void };
  before(async function () {
    needProgram(this, 'ssh-keygen');
    needProgram(this, 'ssh-agent');
    needProgram(this, 'ssh-add');
    desk = setDesk();
    desk.write('known', '');
    for (const name of ['one', 'two', 'three']) desk.key(name);
    desk.key('locked', 'open sesame');
    agent = await startAgent(desk.at('agent'));
  });
  after(() => {
    agent?.stop();
    desk?.clear();
  });
  beforeEach(() => agent.clear());

  type Around = Partial<SshSurroundings>;
  const resolve = async (config: string, changes: Partial<SshRequest> = {}, around: Around = {}) =>
    await desk.resolve(
      config,
      { knownHostsFiles: [desk.at('known')], ...changes },
      { account: accountAt(desk.folder), ...NO_SSH, ...around },
    );
  const auth = async (
    config: string,
    changes: Partial<SshRequest> = {},
    around: Around = {},
  ): Promise<readonly SshAuth[]> => {
    const resolution = await resolve(config, changes, around);
    if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems));
    return resolution.target.auth;
  };
  const problem = async (config: string, changes: Partial<SshRequest> = {}, around: Around = {}) => {
    const resolution = await resolve(config, changes, around);
    return 'problems' in resolution
      ? resolution.problems.map((one) => `${one.place}: ${one.problem} → ${one.fix}`).join('\n')
      : 'none';
  };
  const publicKey = (name: string) => publicKeyLine(readFileSync(`${desk.at(name)}.pub`));
  /** Which keys are offered, by the names of their files. */
  const names = (all: readonly SshAuth[]) =>
    all.flatMap((one): readonly string[] => {
      if (one.kind === 'key') return [one.path.replace(`${desk.folder}/`, '')];
      if (one.kind === 'password') return ['password'];
      const known = ['one', 'two', 'three', 'locked'].filter((name) =>
        one.onlyKeys?.some((key) => publicKey(name)?.equals(key)),
      );
      return [one.onlyKeys === undefined ? 'agent' : `agent:${known.join('+')}`];
    });
  const withAgent = (): Around => {
    const { own } = surroundings();
    return { own: { ...own, environment: { ...own.environment, SSH_AUTH_SOCK: agent.socket } } };
  };

  it('is what ssh looks for by itself, as far as it exists', async () => {
    expect(await problem('')).to.equal(
      `--ssh-key: nothing to log in with as root@amd1: no ssh-agent, and no key in ${desk.folder}/.ssh → give a key: --ssh-key FILE`,
    );
    desk.write('.ssh/id_ed25519', readFileSync(desk.at('one'), 'utf8'));
    desk.write('.ssh/id_rsa', readFileSync(desk.at('two'), 'utf8'));
    expect(names(await auth(''))).to.deep.equal(['.ssh/id_rsa', '.ssh/id_ed25519']);
    rmSync(desk.at('.ssh'), { recursive: true });
  });

  it('is what the agent holds, a key that is named first, and no file of a key that it holds', async () => {
    agent.add(desk.at('one'));
    agent.add(desk.at('two'));
    expect(names(await auth('', {}, withAgent()))).to.deep.equal(['agent']);
    const config = `IdentityFile ${desk.at('two')}\nIdentityFile ${desk.at('three')}\n`;
    expect(names(await auth(config, {}, withAgent()))).to.deep.equal(['agent:two', 'agent:one', 'three']);
  });

  it('is no other key of the agent with IdentitiesOnly, or when the user names one', async () => {
    agent.add(desk.at('one'));
    agent.add(desk.at('two'));
    const config = `IdentitiesOnly yes\nIdentityFile ${desk.at('two')}\n`;
    expect(names(await auth(config, {}, withAgent()))).to.deep.equal(['agent:two']);
    expect(names(await auth('', { keyFiles: [desk.at('three')] }, withAgent()))).to.deep.equal(['three']);
    expect(names(await auth('', { keyFiles: [desk.at('three'), desk.at('one')] }, withAgent()))).to.deep.equal([
      'agent:one',
      'three',
    ]);
  });

  it('takes the public key for the name of a key that only the agent has', async () => {
    agent.add(desk.at('one'));
    renameSync(desk.at('one'), desk.at('away'));
    for (const named of [`${desk.at('one')}.pub`, desk.at('one')]) {
      expect(names(await auth(`IdentitiesOnly yes\nIdentityFile ${named}\n`, {}, withAgent())), named).to.deep.equal([
        'agent:one',
      ]);
      expect(names(await auth('', { keyFiles: [named] }, withAgent())), named).to.deep.equal(['agent:one']);
    }
    renameSync(desk.at('away'), desk.at('one'));
  });

  it('needs no passphrase for a key that the agent holds', async () => {
    execFileSync('ssh-keygen', ['-q', '-p', '-P', 'open sesame', '-N', '', '-f', desk.at('locked')]);
    agent.add(desk.at('locked'));
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', desk.at('locked')]);
    expect(names(await auth('', { keyFiles: [desk.at('locked')] }, withAgent()))).to.deep.equal(['agent:locked']);
  });

  it('asks the agent that the user names, then IdentityAgent, then SSH_AUTH_SOCK', async () => {
    agent.add(desk.at('one'));
    const elsewhere = 'IdentityAgent /nonexistent/agent\n';
    expect(names(await auth(elsewhere, { agent: agent.socket }))).to.deep.equal(['agent']);
    expect(names(await auth(`IdentityAgent ${agent.socket}\n`))).to.deep.equal(['agent']);
    expect(names(await auth('IdentityAgent SSH_AUTH_SOCK\n', {}, withAgent()))).to.deep.equal(['agent']);
    expect(names(await auth('IdentityAgent $SSH_AUTH_SOCK\n', {}, withAgent()))).to.deep.equal(['agent']);
    const key = { keyFiles: [desk.at('two')] };
    expect(names(await auth('IdentityAgent none\n', key, withAgent()))).to.deep.equal(['two']);
    expect(await problem('', { agent: 'none' }, withAgent())).to.include('nothing to log in with');
    // SSH_AUTH_SOCK, which arrives as the same setting, is no word of the user's.
    const ambient = { agent: agent.socket };
    expect(await problem(elsewhere, ambient, withAgent())).to.include(
      'the ssh-agent at /nonexistent/agent cannot be asked',
    );
  });

  it('says why an agent cannot be asked, and goes on without it unless the user named it', async () => {
    const rubbish = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(desk.at('rubbish'));
    const silent = createServer((socket) => socket.end()).listen(desk.at('silent'));
    writeFileSync(desk.at('file'), '');
    for (const [socket, why] of [
      ['rubbish', 'it does not speak the protocol of ssh-agent'],
      ['silent', 'it hung up without an answer'],
      ['file', 'nobody listens there'],
      ['absent', 'there is no such socket'],
    ] as const) {
      expect(await problem('', { agent: desk.at(socket), keyFiles: [desk.at('one')] })).to.equal(
        `--ssh-agent: the ssh-agent at ${desk.at(socket)} cannot be asked: ${why} → start one, or write --ssh-agent none`,
      );
      const resolution = await resolve(`IdentityAgent ${desk.at(socket)}\nIdentityFile ${desk.at('one')}\n`);
      expect('notes' in resolution && resolution.notes).to.deep.equal([
        `the ssh-agent at ${desk.at(socket)} cannot be asked: ${why}`,
      ]);
    }
    rubbish.close();
    silent.close();
  });

  it('opens a locked key with the passphrase of a file', async () => {
    const passphraseFile = desk.write('passphrase', 'open sesame\n');
    const [key] = await auth('', { keyFiles: [desk.at('locked')], passphraseFile });
    expect(key).to.include({ kind: 'key', passphrase: 'open sesame' });
    const wrong = desk.write('wrong', 'open barley\n');
    expect(await problem('', { keyFiles: [desk.at('locked')], passphraseFile: wrong })).to.equal(
      `--ssh-key: the passphrase does not open ${desk.at('locked')} → give the right passphrase`,
    );
    chmodSync(wrong, 0o644);
    expect(await problem('', { keyFiles: [desk.at('one')], passphraseFile: wrong })).to.include(
      'can be read by others',
    );
  });

  it('asks a person for the passphrase, once a key, and leaves out what stays shut', async () => {
    const asked: string[] = [];
    const answers = ['no', 'open sesame'];
    const ask: SshSurroundings['ask'] = async (question, { isSecret }) => {
      expect(isSecret).to.equal(true);
      asked.push(question);
      return answers.shift() ?? '';
    };
    const config = `Host *\n  User root\n  IdentityFile ${desk.at('locked')}\nHost amd1\n  ProxyJump gate\n`;
    const resolution = await resolve(config, {}, { ask });
    expect(asked).to.deep.equal([
      `passphrase of ${desk.at('locked')}: `,
      `wrong, once more: passphrase of ${desk.at('locked')}: `,
    ]);
    expect(
      'target' in resolution && names([...(resolution.target.jumps?.[0]?.auth ?? []), ...resolution.target.auth]),
    ).to.deep.equal(['locked', 'locked']);
    const both = `IdentityFile ${desk.at('locked')}\nIdentityFile ${desk.at('one')}\n`;
    asked.length = 0;
    expect(names(await auth(both, {}, { ask })), 'an empty answer').to.deep.equal(['one']);
    expect(asked).to.have.length(1);
    expect(names(await auth(both)), 'nobody to ask').to.deep.equal(['one']);
    expect(await problem(`IdentityFile ${desk.at('locked')}\n`)).to.match(
      /nothing to log in with as \S+: \S+locked is encrypted/,
    );
    expect(await problem(`IdentityFile ${desk.at('locked')}\n`, {}, { ask: 'later' })).to.equal('none');
  });

  it('asks nobody for what leads nowhere', async () => {
    const ask: SshSurroundings['ask'] = async () => await Promise.reject(new Error('nobody should be asked'));
    const config = `Host *\n  User root\n  IdentityFile ${desk.at('locked')}\nHost amd1\n  ProxyCommand x\n`;
    expect(await problem(config, {}, { ask })).to.include('ProxyCommand is in effect');
  });

  it('asks for a password only when nothing else is left', async () => {
    const ask: SshSurroundings['ask'] = async (question) =>
      question.startsWith('password of root@amd1') ? 'hunter22' : '';
    expect(await auth('User root\n', {}, { ask })).to.deep.equal([{ kind: 'password', password: 'hunter22' }]);
    expect(await problem('User root\nPasswordAuthentication no\n', {}, { ask })).to.include('nothing to log in with');
  });

  it('demands of a key that the user names what it lets pass of others', async () => {
    copyFileSync(desk.at('one'), desk.at('open'));
    chmodSync(desk.at('open'), 0o640);
    desk.write('rubbish-key', 'nothing of a key');
    for (const [file, told] of [
      ['open', 'can be read by others (mode 0640)'],
      ['rubbish-key', 'is not a private key that can be read'],
      ['absent', 'does not exist'],
      ['', 'is not a file'],
    ] as const) {
      expect(await problem('', { keyFiles: [desk.at(file), desk.at('two')] }), file).to.include(told);
      const resolution = await resolve(`IdentityFile ${desk.at(file)}\nIdentityFile ${desk.at('two')}\n`);
      expect('target' in resolution && names(resolution.target.auth), file).to.deep.equal(['two']);
      expect(JSON.stringify('notes' in resolution && resolution.notes), file).to.include(told);
    }
  });

  it('says what a file is that holds no private key, whoever can read it', async () => {
    copyFileSync(`${desk.at('one')}.pub`, desk.at('open.pub'));
    desk.write('users', 'root:x:0:0:root:/root:/bin/bash\n', 0o644);
    chmodSync(desk.at('open.pub'), 0o644);
    expect(await problem('', { keyFiles: [desk.at('open.pub')] })).to.equal(
      `--ssh-key: ${desk.at('open.pub')} holds a public key → give the private key: ${desk.at('open')}`,
    );
    const told = await problem('', { keyFiles: [desk.at('users')] });
    expect(told).to.include('is not a private key that can be read').and.not.to.include('chmod');
  });

  it('never advises to change the mode of a file of the system', async () => {
    const owner = { account: { ...accountAt(desk.folder), uid: statSync('/etc/passwd').uid } };
    const told = await problem('', { keyFiles: [desk.at('one')], passwordFile: '/etc/passwd' }, owner);
    expect(told).to.match(/^--ssh-password-file: \/etc\/passwd can be read by others/);
    expect(told).to.include('give a copy that only you can read').and.not.to.include('chmod');
  });

  it('takes a key out of a mounted secret: behind symbolic links, read-only, without a last line end', async () => {
    const content = readFileSync(desk.at('one'), 'utf8').trimEnd();
    desk.write('mount/..2026_01_01/ssh-key', content, 0o400);
    symlinkSync('..2026_01_01', desk.at('mount/..data'));
    symlinkSync('..data/ssh-key', desk.at('mount/ssh-key'));
    expect(names(await auth('', { keyFiles: [desk.at('mount/ssh-key')] }))).to.deep.equal(['mount/ssh-key']);
    chmodSync(desk.at('mount/..2026_01_01/ssh-key'), 0o644);
    expect(await problem('', { keyFiles: [desk.at('mount/ssh-key')] })).to.include('defaultMode: 0400');
    // Somebody else's file, as root mounts it for others, is not ours to protect.
    const stranger = { account: { ...accountAt(desk.folder), uid: 12_345 } };
    expect(names(await auth('', { keyFiles: [desk.at('mount/ssh-key')] }, stranger))).to.deep.equal(['mount/ssh-key']);
  });

  it('names a token or variable of IdentityFile that has no meaning', async () => {
    expect(await problem('IdentityFile ~/%z\n')).to.include('IdentityFile "~/%z": %z is no token here');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as ssh_config writes it
    expect(await problem('IdentityFile ${NOWHERE}/id\n')).to.include('$NOWHERE is not set');
  });
});

async function startAgent(socket: string) {
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const run = (...words: readonly string[]) =>
    void execFileSync('ssh-add', ['-q', ...words], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
  return {
    socket,
    add: (key: string) => run(key),
    clear: () => run('-D'),
    stop: () => void child.kill(),
  };
}
