import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { openWatcher, type Watcher } from '../../../harness/command/watcher.ts';
import { ConnectionCut, InfraError } from '../../../harness/errors/errors.ts';
import type { SshTarget } from '../../../harness/model/host.ts';
import type { Ask } from '../../../harness/provider/contract.ts';
import { type OwnedScope, openScope } from '../../../harness/scope/scope.ts';
import { until } from '../../../harness/scope/until.ts';
import { opensshTransport } from '../../../harness/ssh/openssh/transport.ts';
import type { SshSession } from '../../../harness/ssh/session.ts';
import { OWN } from '../../command/own.ts';
import { processesWith } from '../../command/processes.ts';
import { failure } from '../../failure.ts';
import { needSshd, type Sshd, startSshd } from '../sshd.ts';
import { opensshTarget } from './target.ts';

describe("the transport over the system's ssh", function () {
  this.timeout(60_000);
  let parent: string;
  let scope: OwnedScope;
  let watcher: Watcher;
  let sshd: Sshd | undefined;
  const servers: Server[] = [];

  beforeEach(async function () {
    needSshd(this);
    parent = mkdtempSync(join(tmpdir(), 'sevlane-openssh-'));
    scope = openScope(() => {});
    watcher = await openWatcher(scope, { own: OWN, folder: join(parent, 'run') });
  });

  afterEach(async () => {
    expect(await scope?.close()).to.deep.equal([]);
    for (const server of servers.splice(0)) server.close();
    await sshd?.close();
    sshd = undefined;
    expect(processesWith(parent), 'left behind').to.deep.equal([]);
    expect(readdirSync(parent)).to.deep.equal([]);
    rmSync(parent, { recursive: true, force: true });
  });

  const open = async (target: SshTarget): Promise<SshSession> => {
    const session = await opensshTransport(scope, target, { own: OWN, watcher }).open(scope.signal);
    scope.defer('close the session', 5000, () => session.close());
    return session;
  };
  const start = async (config: readonly string[] = []): Promise<Sshd> => {
    sshd = await startSshd(config);
    return sshd;
  };
  const listen = async (serve: (socket: Socket) => void) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket.on('error', () => {})));
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  };
  const never = new AbortController().signal;
  const run = (session: SshSession, command: string, stdin?: string | Buffer) =>
    session.exec(command, { signal: never, ...(stdin === undefined ? {} : { stdin }) });

  describe('runs commands', () => {
    it('and tells their own exit statuses from those of ssh', async () => {
      const session = await open(opensshTarget(await start()));
      expect(await run(session, 'echo out; echo err >&2; exit 3')).to.deep.equal({
        code: 3,
        stdout: 'out\n',
        stderr: 'err\n',
      });
      expect(await run(session, 'exit 255')).to.include({ code: 255 });
      expect(await run(session, 'kill -KILL $$')).to.include({ code: 137, signal: 'KILL' });
      expect(session.ended.aborted).to.equal(false);
    });

    it('with more than a window of input and output', async () => {
      const session = await open(opensshTarget(await start()));
      const stdin = Buffer.alloc(5_000_000, 'sevlane ');
      const { stdout } = await run(session, 'cat', stdin);
      expect(stdout === stdin.toString()).to.equal(true);
    });

    it('that read nothing of their input', async () => {
      const session = await open(opensshTarget(await start()));
      expect(await run(session, 'exec <&-; exit 4', Buffer.alloc(5_000_000))).to.include({ code: 4 });
    });

    it('and stops those that talk without end or are not wanted any more', async () => {
      const session = await open(opensshTarget(await start()));
      const error = await failure(session.exec('yes', { signal: never, maxBytes: 100_000 }), InfraError);
      expect(wordsOf(error)).to.equal('run "yes": more than 100000 bytes of output');
      const stop = new AbortController();
      const running = failure(session.exec('sleep 300', { signal: stop.signal }), InfraError);
      stop.abort(new InfraError('enough'));
      expect((await running).message).to.equal('enough');
      expect(await run(session, 'echo fine')).to.include({ code: 0, stdout: 'fine\n' });
    });

    it('one after the other where the server allows a single session, and says so when two are wanted', async () => {
      const session = await open(opensshTarget(await start(['MaxSessions 1'])));
      for (const word of ['one', 'two', 'three']) {
        expect(await run(session, `echo ${word}`)).to.include({ stdout: `${word}\n` });
        await session.ping(never);
      }
      const first = run(session, 'read line; echo $line', 'hello\n');
      expect(await first).to.include({ stdout: 'hello\n' });
      const stop = new AbortController();
      const long = failure(session.exec('sleep 300', { signal: stop.signal }), InfraError);
      const error = await failure(run(session, 'true'), InfraError);
      expect(error.hint).to.contain('MaxSessions');
      stop.abort(new InfraError('enough'));
      await long;
    });
  });

  describe('opens channels', () => {
    it('that carry bytes both ways and end one way at a time', async () => {
      const to = await listen((socket) => {
        const chunks: Buffer[] = [];
        socket.on('data', (chunk) => chunks.push(chunk)).on('end', () => socket.end(Buffer.concat(chunks)));
      });
      const session = await open(opensshTarget(await start()));
      const channel = await session.openChannel(to);
      const sent = Buffer.alloc(6_000_000, 'abcdefgh');
      channel.end(sent);
      const got: Buffer[] = [];
      for await (const chunk of channel) got.push(chunk);
      expect(Buffer.concat(got).equals(sent)).to.equal(true);
    });

    it('a hundred at once', async () => {
      const to = await listen((socket) => socket.pipe(socket));
      const session = await open(opensshTarget(await start()));
      const words = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const channel = await session.openChannel(to);
          channel.write(`word ${index}`);
          const [chunk] = await once(channel, 'data');
          channel.destroy();
          return String(chunk);
        }),
      );
      expect(words).to.deep.equal(Array.from({ length: 100 }, (_, index) => `word ${index}`));
    });

    it('and makes a sender wait whose words nobody reads', async () => {
      let written = 0;
      const to = await listen((socket) => {
        const chunk = Buffer.alloc(64 * 1024);
        const more = () => {
          while (socket.write(chunk)) written += chunk.length;
          socket.once('drain', more);
        };
        more();
      });
      const session = await open(opensshTarget(await start()));
      const channel = await session.openChannel(to);
      channel.pause();
      for (let turn = 0; turn < 20; turn += 1) await session.ping(never);
      expect(session.traffic.received).to.be.below(4_000_000);
      expect(written).to.be.below(40_000_000);
      channel.destroy();
    });

    it('and tells a closed port from a forbidden one', async () => {
      const session = await open(opensshTarget(await start(['PermitOpen 127.0.0.1:1'])));
      const refused = await failure(session.openChannel({ host: '127.0.0.1', port: 1 }), InfraError);
      expect(refused.message).to.match(/open a channel to 127\.0\.0\.1:1: Connection refused/);
      expect(refused.hint).to.match(/^check on the node with ss -ltn that something listens at that address/);
      const forbidden = await failure(session.openChannel({ host: '127.0.0.1', port: 2 }), InfraError);
      expect(forbidden.hint).to.contain('PermitOpen');
      expect(session.ended.aborted).to.equal(false);
    });

    it('through key exchanges in mid-stream', async () => {
      const total = 30_000_000;
      const to = await listen((socket) => socket.end(Buffer.alloc(total)));
      const session = await open(opensshTarget(await start(['RekeyLimit 1M'])));
      let got = 0;
      for await (const chunk of await session.openChannel(to)) got += chunk.length;
      expect(got).to.equal(total);
    });

    it('where no session is allowed at all, and is told that it is there', async () => {
      const to = await listen((socket) => socket.pipe(socket));
      const session = await open(opensshTarget(await start(['MaxSessions 0'])));
      await session.ping(never);
      const channel = await session.openChannel(to);
      await session.ping(never);
      channel.destroy();
    });
  });

  describe('ends', () => {
    it('all that is under way with the same cut when the server dies, and leaves nothing', async () => {
      const to = await listen((socket) => socket.resume());
      const { signalSessions } = await start();
      const session = await open(opensshTarget(sshd as Sshd));
      const channel = await session.openChannel(to);
      const closed = new Promise((resolve) => channel.once('close', resolve));
      const broken = new Promise<Error>((resolve) => channel.once('error', resolve));
      const command = failure(run(session, 'sleep 300'), ConnectionCut);
      await session.ping(never);
      signalSessions('SIGKILL');
      const error = await command;
      expect(error.message).to.match(
        /^ssh \S+: connection lost at \S+Z, [\d.]+ s after it was made: .*(closed|reset|Broken)/,
      );
      expect(error.message).to.not.contain('\n');
      expect(await broken).to.equal(error);
      await closed;
      expect(session.ended.reason).to.equal(error);
      expect(await failure(session.openChannel(to), ConnectionCut)).to.equal(error);
      await until('ssh to be gone', limits(), async () =>
        look(processesWith(parent).filter(({ argv }) => argv[0] === 'ssh')),
      );
    });

    it('by itself within 10 s when the server is frozen, and is not fooled meanwhile', async () => {
      const { signalSessions } = await start();
      const session = await open(opensshTarget(sshd as Sshd));
      await session.ping(never);
      signalSessions('SIGSTOP');
      const startedAt = performance.now();
      const unanswered = failure(session.ping(never), ConnectionCut);
      expect((await unanswered).message).to.contain('stopped answering heartbeats');
      expect(performance.now() - startedAt).to.be.below(20_000);
    });

    it('at once when it is cut', async () => {
      const session = await open(opensshTarget(await start()));
      const command = failure(run(session, 'sleep 300'), ConnectionCut);
      session.cut(new InfraError('two heartbeats were missed'));
      expect((await command).message).to.equal('two heartbeats were missed');
      expect(session.ended.reason).to.equal(await command);
    });

    it('with a goodbye that is no cut, and can be said twice', async () => {
      const session = await open(opensshTarget(await start()));
      const command = failure(run(session, 'sleep 300'), InfraError);
      await session.close();
      await session.close();
      expect(wordsOf(await command)).to.equal('the connection is closed');
      expect(session.ended.aborted).to.equal(false);
    });

    it('twenty times over without a process or a file left', async () => {
      const { signalSessions } = await start();
      for (let turn = 0; turn < 20; turn += 1) {
        const session = await opensshTransport(scope, opensshTarget(sshd as Sshd), { own: OWN, watcher }).open(never);
        if (turn % 2 === 0) signalSessions('SIGKILL');
        else session.cut(new InfraError('enough'));
        if (turn % 2 === 0) await once(session.ended, 'abort');
        await session.close();
      }
      expect(processesWith(parent).filter(({ argv }) => argv[0] === 'ssh')).to.deep.equal([]);
      expect(readdirSync(watcher.folder)).to.deep.equal(['watched']);
      expect(readFileSync(join(watcher.folder, 'watched'), 'utf8')).to.equal('');
    });
  });

  const refusal = async (target: SshTarget) => await failure(open(target), InfraError);
  const options = (...words: readonly string[]) => words.flatMap((word) => ['-o', word]);

  it('refuses an unknown host before any credential is sent, with what to do', async () => {
    const unknown = join((await start()).folder, 'empty');
    writeFileSync(unknown, '');
    const error = await refusal(opensshTarget(sshd as Sshd, { knownHosts: unknown }));
    const { port = 0, hostKeys: { ed25519 = '' } = {} } = sshd ?? {};
    expect(wordsOf(error)).to.equal(
      `host key of [127.0.0.1]:${port} is not known: it offers ssh-ed25519 ${printOf(ed25519)}; looked in ${unknown}`,
    );
    expect(error.hint).to.match(new RegExp(`then: ssh-keyscan -t ed25519 -p ${port} 127\\.0\\.0\\.1 >> ${unknown}$`));
    expect(sshd?.log()).to.not.contain('publickey');
    const taken = await open(opensshTarget(sshd as Sshd, { knownHosts: unknown, mode: 'accept-new' }));
    expect(await run(taken, 'echo in')).to.include({ stdout: 'in\n' });
    expect(readFileSync(unknown, 'utf8')).to.contain('127.0.0.1');
  });

  it("refuses a changed host key with the place of the old one, whatever the user's files and flags allow", async () => {
    const { folder, hostKeys, port } = await start();
    const wrong = join(folder, 'wrong');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'other')]);
    writeFileSync(wrong, `# a line\n[127.0.0.1]:${port} ${readFileSync(join(folder, 'other.pub'), 'utf8')}`);
    const config = join(folder, 'ssh_config');
    writeFileSync(config, 'StrictHostKeyChecking no\nLogLevel QUIET\n');
    const target = opensshTarget(sshd as Sshd, { knownHosts: wrong });
    const args = ['-F', config, ...(target.openssh?.args ?? []).slice(2), ...options('StrictHostKeyChecking=no')];
    const error = await refusal({ ...target, openssh: { program: 'ssh', destination: '127.0.0.1', args } });
    const seen = execFileSync('ssh-keygen', ['-lf', hostKeys.ed25519], { encoding: 'utf8' }).split(' ')[1];
    expect(error.message).to.contain(
      `it offers ED25519 ${seen}, expected the ED25519 key at ${wrong}:2; nobody was told a secret`,
    );
    expect(error.hint).to.contain(`ssh-keygen -R '[127.0.0.1]:${port}' -f ${wrong}`);
    expect(sshd?.log()).to.not.contain('publickey');
    await paste(error.hint);
    const mended = await open(target);
    expect(await run(mended, 'echo in')).to.include({ stdout: 'in\n' });
  });

  it('takes the one key that is pinned, of whatever type, and no other', async () => {
    const { hostKeys } = await start();
    const print = printOf;
    const target = opensshTarget(sshd as Sshd, { knownHosts: '/dev/null' });
    const pinned = (pin: string) => ({ ...target, hostKeys: { ...target.hostKeys, pinned: pin } });
    expect(await run(await open(pinned(print(hostKeys.ed25519))), 'echo in')).to.include({ stdout: 'in\n' });
    expect(await run(await open(pinned(print(hostKeys.rsa))), 'echo in')).to.include({ stdout: 'in\n' });
    const none = `SHA256:${'A'.repeat(43)}`;
    const seen = [
      `ssh-ed25519 ${print(hostKeys.ed25519)}`,
      `ecdsa-sha2-nistp256 ${print(hostKeys.ecdsa)}`,
      `ssh-rsa ${print(hostKeys.rsa)}`,
    ];
    expect(wordsOf(await refusal(pinned(none)))).to.match(
      new RegExp(
        `^host key of \\[127\\.0\\.0\\.1\\]:\\d+ is not the one that --ssh-host-key names: it offers ${seen.join(', ').replaceAll('+', '\\+')}, expected ${none};`,
      ),
    );
  });

  it('trusts a host by the certificate of its authority, and is let in by one of its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sevlane-ca-'));
    try {
      const keygen = (...args: readonly string[]) => execFileSync('ssh-keygen', ['-q', ...args]);
      for (const name of ['host_ca', 'user_ca', 'user']) keygen('-t', 'ed25519', '-N', '', '-f', join(folder, name));
      const { hostKeys, port } = await start([
        `TrustedUserCAKeys ${join(folder, 'user_ca.pub')}`,
        'AuthorizedKeysFile none',
      ]);
      await sshd?.close();
      const server = await start([
        `TrustedUserCAKeys ${join(folder, 'user_ca.pub')}`,
        'AuthorizedKeysFile none',
        `HostCertificate ${join(folder, 'host-cert.pub')}`,
      ]);
      expect([hostKeys, port]).to.have.length(2);
      writeFileSync(join(folder, 'host.pub'), readFileSync(server.hostKeys.ed25519));
      keygen('-s', join(folder, 'host_ca'), '-I', 'node', '-h', '-n', '127.0.0.1', join(folder, 'host.pub'));
      keygen('-s', join(folder, 'user_ca'), '-I', 'me', '-n', userInfo().username, join(folder, 'user.pub'));
      const knownHosts = join(folder, 'known_hosts');
      writeFileSync(knownHosts, `@cert-authority [127.0.0.1]:* ${readFileSync(join(folder, 'host_ca.pub'), 'utf8')}`);
      const target = opensshTarget(server, { args: ['-i', join(folder, 'user')], knownHosts });
      expect(await run(await open(target), 'echo in')).to.include({ stdout: 'in\n' });
      expect(server.log()).to.match(/Accepted publickey .*-CERT/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('asks a person for the passphrase of a key, again when it was wrong, and not again at the next session', async () => {
    const { folder, keyFile } = await start();
    const locked = join(folder, 'locked');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a canary 4711', '-f', locked]);
    writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${locked}.pub`));
    const asked: { question: string; isSecret: boolean }[] = [];
    const ask: Ask = async (question, { isSecret }) => {
      asked.push({ question, isSecret });
      return ['wrong', 'a canary 4711'][asked.length - 1] ?? 'no further answer';
    };
    const target = opensshTarget(sshd as Sshd, { args: ['-i', locked] });
    const transport = opensshTransport(scope, target, { own: OWN, watcher, ask });
    for (let turn = 0; turn < 2; turn += 1) {
      const session = await transport.open(never);
      scope.defer('close the session', 5000, () => session.close());
      expect(await run(session, 'echo in')).to.include({ stdout: 'in\n' });
    }
    expect(asked.map(({ isSecret }) => isSecret)).to.deep.equal([true, true]);
    expect(asked[0]?.question).to.contain(locked);
    expect(processesWith('a canary 4711')).to.deep.equal([]);
    expect(keyFile).to.not.equal(locked);
    const denied = await refusal(target);
    expect(wordsOf(denied)).to.match(/^the host refused us/);
  });

  it('asks a person about an unknown host where its policy says so', async () => {
    const unknown = join((await start()).folder, 'empty');
    writeFileSync(unknown, '');
    const target = opensshTarget(sshd as Sshd, { knownHosts: unknown });
    const questions: string[] = [];
    const answering = (answer: string) =>
      opensshTransport(
        scope,
        { ...target, hostKeys: { ...target.hostKeys, mode: 'ask' } },
        {
          own: OWN,
          watcher,
          ask: async (question, { isSecret }) => {
            questions.push(`${isSecret ? 'hidden' : 'shown'}: ${question}`);
            return answer;
          },
        },
      );
    const refused = await failure(answering('no').open(never), InfraError);
    expect(wordsOf(refused)).to.equal('its host key could not be verified');
    const session = await answering('yes').open(never);
    scope.defer('close the session', 5000, () => session.close());
    expect(questions[0]).to.match(/^shown: .*authenticity of host[\s\S]*SHA256:/);
    expect(readFileSync(unknown, 'utf8')).to.contain('127.0.0.1');
  });

  it('tells who lets nobody in, who does not listen, who has no name and who hangs up, each with its fix', async () => {
    const { folder } = await start();
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'stranger')]);
    const target = opensshTarget(sshd as Sshd, { args: ['-i', join(folder, 'stranger')] });
    const denied = await refusal(target);
    expect(denied.message).to.match(/^ssh \S+: the host refused us \(it takes publickey/);
    const at = (destination: string, ...args: readonly string[]) => ({
      ...target,
      openssh: { program: 'ssh', destination, args: ['-F', 'none', ...args] },
    });
    const closed = await failure(open(at('127.0.0.1', '-p', '1')), ConnectionCut);
    expect(wordsOf(closed)).to.equal('nothing listens at 127.0.0.1 port 1: Connection refused');
    const nameless = await failure(open(at('no-such-host.invalid')), ConnectionCut);
    expect(nameless.message).to.contain('the name no-such-host.invalid cannot be resolved');
    const rude = await listen((socket) => socket.destroy());
    const hungUp = await failure(open(at('127.0.0.1', '-p', String(rude.port))), ConnectionCut);
    expect(hungUp.message).to.contain('the host hung up before it greeted us');
    expect(hungUp.hint).to.contain('MaxStartups');
    const silent = await listen(() => {});
    const late = at('127.0.0.1', '-p', String(silent.port));
    const unanswered = await failure(open({ ...late, connectWithinMs: 1000 }), ConnectionCut);
    expect(wordsOf(unanswered)).to.equal('no answer in time');
    const other = await listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(2000)));
    const foreign = await failure(open(at('127.0.0.1', '-p', String(other.port))), ConnectionCut);
    expect(foreign.message).to.contain('No SSH version received');
  });

  it('tells a mistake in the configuration by file and line, and an absent program by name', async () => {
    const { folder } = await start();
    const config = join(folder, 'broken');
    writeFileSync(config, '# fine\nFrobnicate yes\n');
    const target = opensshTarget(sshd as Sshd);
    const broken = await refusal({ ...target, openssh: { program: 'ssh', destination: 'h', args: ['-F', config] } });
    expect(broken.message)
      .to.contain(config)
      .and.match(/line 2.*frobnicate/);
    const absent = await refusal({ ...target, openssh: { program: 'no-such-ssh', destination: 'h', args: [] } });
    expect(absent.message).to.contain('there is no such program');
  });

  it('is ended by its signal while it still tries, and leaves nothing', async () => {
    const silent = await listen(() => {});
    const target = opensshTarget(await start());
    const stop = new AbortController();
    const transport = opensshTransport(
      scope,
      {
        ...target,
        openssh: { program: 'ssh', destination: '127.0.0.1', args: ['-F', 'none', '-p', String(silent.port)] },
      },
      { own: OWN, watcher },
    );
    const opening = failure(transport.open(stop.signal), InfraError);
    await until('ssh to run', limits(), async () =>
      look(processesWith(parent).some(({ argv }) => argv[0] === 'ssh') ? [] : [1]),
    );
    stop.abort(new InfraError('enough'));
    expect((await opening).message).to.equal('enough');
    expect(processesWith(parent).filter(({ argv }) => argv[0] === 'ssh')).to.deep.equal([]);
  });

  it('verifies the host in between as strictly, although its own configuration would not', async () => {
    const gate = await start();
    const node = await startSshd();
    try {
      const known = join(gate.folder, 'both');
      const config = join(gate.folder, 'ssh_config');
      const write = (first: string) => writeFileSync(known, `${first}${readFileSync(node.knownHosts, 'utf8')}`);
      writeFileSync(
        config,
        [
          `UserKnownHostsFile ${known}`,
          'GlobalKnownHostsFile none',
          'StrictHostKeyChecking no',
          `Host gate\n  HostName 127.0.0.1\n  Port ${gate.port}\n  IdentityFile ${gate.keyFile}`,
          `Host node\n  HostName 127.0.0.1\n  Port ${node.port}\n  IdentityFile ${node.keyFile}\n  ProxyJump gate`,
          '',
        ].join('\n'),
      );
      const target = { ...opensshTarget(node), openssh: { program: 'ssh', destination: 'node', args: ['-F', config] } };
      write('');
      expect((await refusal(target)).message).to.contain(`host key of [127.0.0.1]:${gate.port} is not known`);
      write(readFileSync(gate.knownHosts, 'utf8'));
      const session = await open(target);
      expect(await run(session, 'echo through')).to.include({ stdout: 'through\n' });
      await session.close();
      expect(processesWith(gate.folder).filter(({ argv }) => argv[0] === 'ssh')).to.deep.equal([]);
    } finally {
      await node.close();
    }
  });
});

const limits = () => ({ scope: openScope(() => {}), withinMs: 20_000, everyMs: 20, blame: 'infra' }) as const;

/** The fingerprint of a public key file, as ssh-keygen says it. */
function printOf(file: string): string {
  return execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' }).split(' ')[1] ?? '';
}

/** Does what a hint says, as somebody who pastes it into a shell. */
async function paste(hint: string | undefined): Promise<void> {
  const [, commands = 'false'] = /then: (.+)$/.exec(hint ?? '') ?? [];
  await execa('sh', ['-c', commands], { stdio: 'ignore' });
}

/** Without the name of the connection. */
function wordsOf(error: Error): string {
  return error.message.replace(/^ssh \S+: /, '');
}

function look(left: readonly unknown[]) {
  return left.length === 0
    ? ({ done: true, value: undefined } as const)
    : ({ done: false, saw: `${left.length} left` } as const);
}
