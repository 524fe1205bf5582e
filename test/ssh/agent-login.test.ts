import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import type { SshAuth } from '../../harness/model/host.ts';
import { ssh2Transport } from '../../harness/ssh/ssh2-transport.ts';
import { failure } from '../failure.ts';
import { needProgram } from '../programs.ts';
import { type Agent, newKey, startAgent } from './agent.ts';
import { needSshd, type Sshd, startSshd } from './sshd.ts';

describe('a login by ssh-agent', () => {
  let sshd: Sshd;
  let agent: Agent;
  before(function () {
    needSshd(this);
    needProgram(this, 'ssh-agent');
  });
  beforeEach(async () => {
    sshd = await startSshd(['MaxAuthTries 4']);
    agent = await startAgent(sshd.folder);
  });
  afterEach(async () => {
    agent?.close();
    await sshd?.close();
  });
  const login = async (...auth: readonly SshAuth[]) => {
    const session = await ssh2Transport(sshd.target({ auth })).open(AbortSignal.timeout(20_000));
    const { stdout } = await session.exec('echo in', { signal: AbortSignal.timeout(20_000) });
    await session.close();
    return stdout;
  };
  const byAgent = (...onlyKeys: readonly string[]): SshAuth => ({
    kind: 'agent',
    socket: agent.socket,
    ...(onlyKeys.length === 0 ? {} : { onlyKeys: onlyKeys.map(wireFormat) }),
  });

  for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
    it(`gets in with an ${type} key that only the agent has, after others that are not known there`, async () => {
      const file = newKey(sshd.folder, `agent_${type}`, type);
      appendFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${file}.pub`));
      for (const name of ['stranger', 'other']) agent.add(newKey(sshd.folder, name));
      agent.add(file);
      expect(await login(byAgent())).to.equal('in\n');
    });
  }

  it('offers no other keys than those it is told to, in that order', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => newKey(sshd.folder, name)) as [string, string, string];
    for (const file of [a, b, c, sshd.keyFile]) agent.add(file);
    const error = await failure(login(byAgent(b, a)), InfraError);
    expect(error.message).to.match(/does not accept us; tried agent key b SHA256:\S+, agent key a SHA256:\S+$/);
    expect(await login(byAgent(sshd.keyFile))).to.equal('in\n');
  });

  it('says that the agent is gone, empty, or lacks the keys that are wanted', async () => {
    const empty = await failure(login(byAgent()), InfraError);
    expect(empty.message).to.include(`the ssh-agent at ${agent.socket} holds no keys`);
    agent.add(newKey(sshd.folder, 'other'));
    const lacking = await failure(login(byAgent(sshd.keyFile)), InfraError);
    expect(lacking.message).to.include('holds none of the keys');
    const gone = await failure(login({ kind: 'agent', socket: '/nonexistent/agent' }), InfraError);
    expect(gone.message).to.include('the ssh-agent at /nonexistent/agent does not answer');
    expect(gone.hint).to.include('--ssh-key');
  });

  it('goes on with a key file when the agent is gone', async () => {
    const file = { kind: 'key', path: sshd.keyFile, privateKey: readFileSync(sshd.keyFile) } as const;
    expect(await login({ kind: 'agent', socket: '/nonexistent/agent' }, file)).to.equal('in\n');
  });

  it('tells a key that the agent does not sign with, and goes on', async () => {
    agent.add(sshd.keyFile, '-c');
    const error = await failure(login(byAgent()), InfraError);
    expect(error.message).to.match(/tried agent key .*SHA256:\S+, which the agent did not sign with/);
    const second = newKey(sshd.folder, 'second');
    appendFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${second}.pub`));
    agent.add(second);
    expect(await login(byAgent())).to.equal('in\n');
  });

  it('says that the server counts, when there are too many keys', async () => {
    for (const name of ['k1', 'k2', 'k3', 'k4', 'k5', 'k6']) agent.add(newKey(sshd.folder, name));
    agent.add(sshd.keyFile);
    const error = await failure(login(byAgent()), InfraError);
    expect(error.message).to.match(
      /hung up after [45] refused logins \(MaxAuthTries\): tried agent key k1 SHA256:\S+, /,
    );
    expect(error.hint).to.include('--ssh-key').and.to.include('IdentitiesOnly');
  });

  it('offers a key once that the agent and a file have', async () => {
    const file = newKey(sshd.folder, 'twin');
    agent.add(file);
    const error = await failure(
      login(byAgent(), { kind: 'key', path: file, privateKey: readFileSync(file) }),
      InfraError,
    );
    expect(error.message.match(/tried (.*)$/)?.[1]).to.match(/^agent key twin SHA256:\S+$/);
  });

  it('gives two keys to a server that wants two', async () => {
    const strict = await startSshd(['AuthenticationMethods publickey,publickey']);
    try {
      const second = newKey(strict.folder, 'second');
      appendFileSync(join(strict.folder, 'authorized_keys'), readFileSync(`${second}.pub`));
      agent.add(newKey(strict.folder, 'stranger'));
      agent.add(strict.keyFile);
      const open = (auth: readonly SshAuth[]) =>
        ssh2Transport(strict.target({ auth })).open(AbortSignal.timeout(20_000));
      const file = { kind: 'key', path: second, privateKey: readFileSync(second) } as const;
      await (await open([byAgent(), file])).close();
      await (await open([file, byAgent()])).close();
      const error = await failure(open([file]), InfraError);
      expect(error.message).to.include(`took key ${second}, and wants publickey besides`);
    } finally {
      await strict.close();
    }
  });
});

function wireFormat(keyFile: string): Buffer {
  return Buffer.from(readFileSync(`${keyFile}.pub`, 'utf8').split(' ')[1] ?? '', 'base64');
}
