import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import ssh2 from 'ssh2';
import { InfraError } from '../../harness/errors/errors.ts';
import type { SshAuth } from '../../harness/model/host.ts';
import type { Ask } from '../../harness/provider/contract.ts';
import { ssh2Transport } from '../../harness/ssh/ssh2-transport.ts';
import { failure } from '../failure.ts';
import { needProgram } from '../programs.ts';
import { newKey, startAgent } from './agent.ts';

type Attempt = ssh2.AuthContext;

/** What a server without PAM and root cannot be made to ask: passwords, dialogues, and one after the other. */
describe('a server that asks for', () => {
  let folder: string;
  let hostKey: string;
  let clientKey: string;
  let server: ssh2.Server | undefined;
  let seen: string[];
  before(function () {
    needProgram(this, 'ssh-keygen');
    folder = mkdtempSync(join(tmpdir(), 'sevlane-methods-'));
    hostKey = newKey(folder, 'host');
    clientKey = newKey(folder, 'client');
  });
  after(() => folder && rmSync(folder, { recursive: true }));
  afterEach(() => void server?.close());

  /** Listens; `judge` answers each attempt, which is noted first. */
  const serve = async (judge: (attempt: Attempt) => void): Promise<number> => {
    seen = [];
    server = new ssh2.Server({ hostKeys: [readFileSync(hostKey)] }, (client) => {
      client
        .on('error', () => {})
        .on('authentication', (attempt) => {
          if (attempt.method !== 'publickey' || attempt.signature !== undefined) seen.push(attempt.method);
          judge(attempt);
        });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const login = async (port: number, auth: readonly SshAuth[], ask?: Ask) => {
    const file = join(folder, `known_${port}`);
    writeFileSync(file, `[127.0.0.1]:${port} ${readFileSync(`${hostKey}.pub`, 'utf8')}`);
    const target = { host: '127.0.0.1', port, user: 'kim', auth, hostKeys: { knownHostsFiles: [file] } };
    const session = await ssh2Transport(target, ask === undefined ? {} : { ask }).open(AbortSignal.timeout(20_000));
    await session.close();
  };
  const key = (): SshAuth => ({ kind: 'key', path: clientKey, privateKey: readFileSync(clientKey) });
  const password: SshAuth = { kind: 'password', password: 'open sesame' };
  /** Takes the client's key, without caring who made it. */
  const isKey = (attempt: Attempt) => attempt.method === 'publickey';

  it('the key alone is asked nothing before it', async () => {
    const port = await serve((attempt) => (isKey(attempt) ? attempt.accept() : attempt.reject(['publickey'])));
    await login(port, [key(), password]);
    expect(seen).to.deep.equal(['publickey']);
  });

  it('a dialogue is given the password once, and no password is sent to one that takes none', async () => {
    const answers: string[][] = [];
    const port = await serve((attempt) => {
      if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive']);
      attempt.prompt([{ prompt: 'Password: ', echo: false }], (given) => {
        answers.push(given);
        if (given[0] === 'open sesame') attempt.accept();
        else attempt.reject(['keyboard-interactive']);
      });
    });
    await login(port, [password]);
    expect(seen).to.deep.equal(['password', 'keyboard-interactive']);
    expect(answers).to.deep.equal([['open sesame']]);
  });

  it('a wrong password hears of it once', async () => {
    const port = await serve((attempt) => attempt.reject(['password', 'keyboard-interactive']));
    const error = await failure(login(port, [password]), InfraError);
    expect(seen).to.deep.equal(['password']);
    expect(error.message).to.include('tried password; it takes password, keyboard-interactive');
    expect(`${error.message}${error.hint}`).to.not.include('sesame');
  });

  it('the key and then the password gets both, whoever holds the key', async () => {
    const agent = await startAgent(folder, 'both');
    agent.add(clientKey);
    try {
      for (const first of [key(), { kind: 'agent', socket: agent.socket } as const]) {
        let hasKey = false;
        const port = await serve((attempt) => {
          if (isKey(attempt) && !hasKey) {
            if (attempt.method === 'publickey' && attempt.signature === undefined) return attempt.accept();
            hasKey = true;
            return attempt.reject(['password'], true);
          }
          if (hasKey && attempt.method === 'password' && attempt.password === 'open sesame') return attempt.accept();
          attempt.reject(hasKey ? ['password'] : ['publickey']);
        });
        await login(port, [first, password]);
        expect(seen).to.deep.equal(['publickey', 'password']);
        server?.close();
      }
    } finally {
      agent.close();
    }
  });

  it('the key and then a code asks a person, and says so without one', async () => {
    const questions: string[] = [];
    const start = () => {
      let hasKey = false;
      return serve((attempt) => {
        if (attempt.method === 'publickey' && attempt.signature === undefined) return attempt.accept();
        if (attempt.method === 'publickey') {
          hasKey = true;
          return attempt.reject(['keyboard-interactive'], true);
        }
        if (!hasKey || attempt.method !== 'keyboard-interactive') return attempt.reject(['publickey']);
        attempt.prompt([{ prompt: 'Verification code:\u001b[2J ', echo: false }], ([code]) =>
          code === '123456' ? attempt.accept() : attempt.reject(['keyboard-interactive']),
        );
      });
    };
    const ask: Ask = async (question, { isSecret }) => {
      questions.push(`${question}${isSecret}`);
      return '123456';
    };
    await login(await start(), [key()], ask);
    expect(questions).to.deep.equal(['kim: Verification code: [2J true']);
    server?.close();
    const error = await failure(login(await start(), [key()]), InfraError);
    expect(error.message).to.include(`took key ${clientKey}, and wants keyboard-interactive besides`);
    expect(error.hint).to.include('terminal');
  });
});
