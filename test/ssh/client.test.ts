import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import { phase } from '../../harness/scope/phase.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import { failure } from '../failure.ts';
import { needSshd, type Sshd, startSshd } from './sshd.ts';

describe('an ssh connection to a real sshd', () => {
  let sshd: Sshd;
  let scope: OwnedScope;

  before(function () {
    needSshd(this);
  });
  beforeEach(async () => {
    sshd = await startSshd();
    scope = openScope(() => {});
  });
  afterEach(async () => {
    await scope?.close();
    await sshd?.close();
  });

  describe('commands', () => {
    it('brings back exit status, stdout and stderr, and feeds stdin', async () => {
      const ssh = await connectSsh(scope, sshd.target());
      const { signal } = scope;
      expect(await ssh.exec('cat; echo oops >&2; exit 3', { signal, stdin: 'grüße\n' })).to.deep.equal({
        code: 3,
        stdout: 'grüße\n',
        stderr: 'oops\n',
      });
    });

    it('tells the signal that ended a command', async () => {
      const ssh = await connectSsh(scope, sshd.target());
      expect(await ssh.exec('kill -KILL $$', { signal: scope.signal })).to.include({ code: 137, signal: 'KILL' });
    });

    // sshd allows ten sessions; the one that opened the connection may not have been reaped yet.
    it('runs nine at once', async () => {
      const ssh = await connectSsh(scope, sshd.target());
      const all = await Promise.all(
        Array.from({ length: 9 }, (_, n) => ssh.exec(`echo ${n}`, { signal: scope.signal })),
      );
      expect(all.map(({ stdout }) => stdout.trim())).to.deep.equal(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    });

    it('refuses a flood of output and stays usable', async () => {
      const ssh = await connectSsh(scope, sshd.target());
      const flood = await failure(ssh.exec('yes', { signal: scope.signal, maxBytes: 100_000 }), InfraError);
      expect(flood.message).to.match(/run "yes": more than 100000 bytes of output$/);
      expect((await ssh.exec('echo still here', { signal: scope.signal })).stdout).to.equal('still here\n');
    });

    it('ends with the reason of its signal, and a talking process with it', async () => {
      const ssh = await connectSsh(scope, sshd.target());
      const stop = new AbortController();
      const reason = new Error('enough');
      const file = join(sshd.folder, 'alive');
      const running = ssh.exec(`echo $$ > ${file}; while echo; do sleep 0.02; done`, { signal: stop.signal });
      await until('the command to run', patience(scope), async () =>
        existsSync(file) ? { done: true, value: undefined } : { done: false, saw: 'no file' },
      );
      stop.abort(reason);
      expect(await failure(running, Error)).to.equal(reason);
      const pid = Number(readFileSync(file, 'utf8'));
      await until('the command to end', patience(scope), async () =>
        existsSync(`/proc/${pid}/fd/1`) ? { done: false, saw: `process ${pid}` } : { done: true, value: undefined },
      );
    });
  });

  describe('host keys', () => {
    it('refuses an unknown host with its fingerprint, before any credential is sent', async () => {
      const empty = join(sshd.folder, 'empty_known_hosts');
      writeFileSync(empty, '# nobody\n');
      const error = await failure(connectSsh(scope, sshd.target(known(empty))), InfraError);
      expect(error.message).to.include(`host key of [127.0.0.1]:${sshd.port} is not known`);
      expect(error.message).to.include(fingerprintOf(sshd.hostKeys.ed25519)).and.to.include(empty);
      expect(error.hint).to.include(`ssh-keyscan -t ed25519 -p ${sshd.port} 127.0.0.1 >> ${empty}`);
      await until('sshd to have ended', patience(scope), async () =>
        sshd.sessions() === 0 ? { done: true, value: undefined } : { done: false, saw: `${sshd.sessions()}` },
      );
      expect(sshd.log()).to.not.match(/authenticating user|Failed|Accepted|Postponed/);
    });

    it('refuses a missing known_hosts file the same way', async () => {
      const error = await failure(connectSsh(scope, sshd.target(known('/nonexistent/kh'))), InfraError);
      expect(error.message).to.include('is not known').and.to.include('/nonexistent/kh');
    });

    it('refuses a changed key, and its own remedy puts it right', async () => {
      const other = join(sshd.folder, 'other');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
      const file = join(sshd.folder, 'changed');
      writeFileSync(file, `# first line\n[127.0.0.1]:${sshd.port} ${readFileSync(`${other}.pub`, 'utf8')}`);
      const error = await failure(connectSsh(scope, sshd.target(known(file))), InfraError);
      expect(error.message).to.include('has changed');
      expect(error.message).to.include(`it offers ssh-ed25519 ${fingerprintOf(sshd.hostKeys.ed25519)}`);
      expect(error.message).to.include(`expected ssh-ed25519 ${fingerprintOf(`${other}.pub`)} (${file}:2)`);
      await promisify(execFile)('sh', ['-c', error.hint?.split('then: ')[1] ?? 'false']);
      await connectSsh(scope, sshd.target(known(file)));
    });

    it('asks for the kind of key that known_hosts has, although the host has stronger ones', async () => {
      for (const type of ['rsa', 'ecdsa'] as const) {
        const file = join(sshd.folder, `only_${type}`);
        writeFileSync(file, `[127.0.0.1]:${sshd.port} ${readFileSync(sshd.hostKeys[type], 'utf8')}`);
        await connectSsh(scope, sshd.target(known(file)));
      }
    });

    it('finds a hashed name, in the second of two files', async () => {
      const file = join(sshd.folder, 'hashed');
      writeFileSync(file, readFileSync(sshd.knownHosts));
      execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
      expect(readFileSync(file, 'utf8')).to.match(/^\|1\|/);
      await connectSsh(scope, sshd.target({ hostKeys: { knownHostsFiles: ['/nonexistent/kh', file] } }));
    });

    it('refuses a revoked key although it is also listed as good', async () => {
      appendFileSync(sshd.knownHosts, `@revoked * ${readFileSync(sshd.hostKeys.ed25519, 'utf8')}`);
      const error = await failure(connectSsh(scope, sshd.target()), InfraError);
      expect(error.message).to.include('is revoked').and.to.include(`${sshd.knownHosts}:2`);
    });

    it('says that certificate authorities are not supported', async () => {
      const file = join(sshd.folder, 'ca');
      writeFileSync(file, `@cert-authority * ${readFileSync(sshd.hostKeys.rsa, 'utf8')}`);
      const error = await failure(connectSsh(scope, sshd.target(known(file))), InfraError);
      expect(error.message)
        .to.include('@cert-authority')
        .and.to.include('does not support')
        .and.to.include(`${file}:1`);
    });
  });

  describe('credentials', () => {
    it('names the key that the node does not accept, and where to put it', async () => {
      const stranger = join(sshd.folder, 'stranger');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
      const error = await failure(connectSsh(scope, sshd.target(key(stranger))), InfraError);
      expect(error.message).to.include('does not accept us').and.to.include(`key ${stranger}`);
      expect(error.hint).to.include('authorized_keys');
    });

    for (const type of ['rsa', 'ecdsa', 'ed25519'] as const) {
      it(`logs in with an ${type} key`, async () => {
        const file = join(sshd.folder, `login_${type}`);
        execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
        appendFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${file}.pub`));
        await connectSsh(scope, sshd.target(key(file)));
      });
    }

    it('logs in with an old PEM key', async () => {
      const file = join(sshd.folder, 'pem');
      execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-m', 'PEM', '-N', '', '-f', file]);
      appendFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${file}.pub`));
      await connectSsh(scope, sshd.target(key(file)));
    });
  });

  describe('channels', () => {
    let echo: Server;
    beforeEach(async () => {
      echo = createServer((socket) => socket.pipe(socket));
      await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    });
    afterEach(() => void echo.close());
    const address = () => ({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });

    it('carries bytes both ways', async () => {
      const ssh = await connectSsh(scope, sshd.target());
      const channel = await ssh.openChannel(address());
      channel.end('hello');
      const chunks: Buffer[] = [];
      for await (const chunk of channel) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).to.equal('hello');
    });

    it('tells a closed port on the node from a node that forbids forwarding', async () => {
      const ssh = await connectSsh(scope, sshd.target());
      const refused = await failure(ssh.openChannel({ host: '127.0.0.1', port: 1 }), InfraError);
      expect(refused.message)
        .to.include('open a channel to 127.0.0.1:1')
        .and.to.match(/refused/i);
      expect(refused.hint).to.include('ss -ltn');

      const strict = await startSshd(['AllowTcpForwarding no']);
      try {
        const bare = await connectSsh(scope, strict.target());
        const forbidden = await failure(bare.openChannel(address()), InfraError);
        expect(forbidden.hint).to.include('AllowTcpForwarding');
        await bare.close();
      } finally {
        await strict.close();
      }
    });

    it('works on a node that allows no sessions at all', async () => {
      const tunnelOnly = await startSshd(['MaxSessions 0']);
      try {
        const ssh = await connectSsh(scope, tunnelOnly.target());
        const channel = await ssh.openChannel(address());
        channel.write('x');
        await new Promise((resolve) => channel.once('data', resolve));
        await ssh.close();
      } finally {
        await tunnelOnly.close();
      }
    });
  });

  describe('a connection that may not heal', () => {
    it('rejects everything under way at once, then all else with one reason, and ends the scope with it', async () => {
      const sink = createServer(() => {});
      await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
      const ssh = await connectSsh(scope, sshd.target(), { budgetMs: 0 });
      const channel = await ssh.openChannel({ host: '127.0.0.1', port: (sink.address() as AddressInfo).port });
      const broken = new Promise<Error>((resolve) => channel.once('error', resolve));
      const running = failure(ssh.exec('sleep 20', { signal: new AbortController().signal }), ConnectionCut);
      sshd.signalSessions('SIGKILL');
      const cut = await running;
      expect(cut.message).to.match(/connection lost at 20\d\d-.*Z, [\d.]+ s after it was made: /);
      expect(await broken).to.equal(cut);
      const lost = ssh.lost.reason;
      expect(lost).to.be.instanceOf(InfraError);
      expect(lost.message).to.equal(cut.message);
      expect(scope.signal.reason).to.equal(lost);
      expect(await failure(ssh.exec('true', { signal: new AbortController().signal }), InfraError)).to.equal(lost);
      expect(await failure(ssh.openChannel({ host: '127.0.0.1', port: 1 }), InfraError)).to.equal(lost);
      sink.close();
    });

    it('is noticed within seconds when the peer freezes, and closing it does not hang', async () => {
      const ssh = await connectSsh(scope, sshd.target(), { budgetMs: 0 });
      const running = failure(ssh.exec('sleep 20', { signal: new AbortController().signal }), ConnectionCut);
      const frozenAt = performance.now();
      sshd.signalSessions('SIGSTOP');
      expect((await running).message).to.include('stopped answering heartbeats');
      expect(performance.now() - frozenAt).to.be.below(10_000);
      await ssh.close();
    });

    it('is not confused with one that we closed', async () => {
      const ssh = await connectSsh(scope, sshd.target());
      expect(await scope.close()).to.deep.equal([]);
      expect(ssh.lost.aborted).to.equal(false);
      expect(scope.signal.aborted).to.equal(false);
      const after = await failure(ssh.exec('true', { signal: new AbortController().signal }), InfraError);
      expect(after.message).to.include('the connection is closed');
      await until('sshd to have ended', patience(openScope(() => {})), async () =>
        sshd.sessions() === 0 ? { done: true, value: undefined } : { done: false, saw: `${sshd.sessions()}` },
      );
    });

    it('ends a closing that the peer does not answer', async () => {
      const ssh = await connectSsh(scope, sshd.target());
      sshd.signalSessions('SIGSTOP');
      await ssh.close();
      expect(ssh.lost.aborted).to.equal(false);
    });
  });

  it('says which kind of algorithm it has not in common with the server', async () => {
    const modern = await startSshd(['KexAlgorithms sntrup761x25519-sha512@openssh.com']);
    const error = await failure(connectSsh(scope, modern.target()), InfraError);
    expect(error.message).to.match(/no common algorithm with the server: .*key exchange/i);
    expect(error.hint).to.include('curve25519-sha256');
    await modern.close();
  });

  it('gives up on a server that accepts and never speaks, and says what it tried', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const error = await failure(connectSsh(scope, sshd.target({ port }), { withinMs: 200 }), InfraError);
    expect(error.message).to.match(new RegExp(`ssh \\S+@127.0.0.1:${port}: connect: not within 200 ms`));
    silent.close();
  });

  it('tells a silent server from one that cannot be reached, whichever bound ends it', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const words = `nothing was said on the connection to 127.0.0.1:${port}: no SSH server, or one that is overloaded`;
    const step = { name: 'connect', budgetMs: 3000 } as const;
    const early = failure(
      phase(scope, step, (own) => connectSsh(own, sshd.target({ port }))),
      InfraError,
    );
    const own = failure(connectSsh(scope, sshd.target({ port, connectWithinMs: 2100 })), InfraError);
    expect((await own).message).to.match(new RegExp(`^ssh \\S+: ${words}$`));
    expect((await early).message).to.match(
      new RegExp(`^connect: not done within 3\\.0 s; last waited for ssh \\S+: ${words}$`),
    );
    silent.close();
  });

  it('says that nothing listens, that a name is unknown, and that the answer is no ssh', async () => {
    const closed = await failure(connectSsh(scope, sshd.target({ port: 1 })), InfraError);
    expect(closed.message).to.include('cannot connect to 127.0.0.1 port 1: connection refused');
    expect(closed.hint).to.include('sshd');
    const nowhere = await failure(connectSsh(scope, sshd.target({ host: 'nowhere.invalid' })), InfraError);
    expect(nowhere.message).to.match(/nowhere.invalid port \d+: (no such host name|the name server does not answer)/);
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const port = (web.address() as AddressInfo).port;
    const foreign = await failure(connectSsh(scope, sshd.target({ port })), InfraError);
    expect(foreign.message).to.match(/handshake/);
    web.close();
  });
});

function known(file: string) {
  return { hostKeys: { knownHostsFiles: [file] } };
}

function key(file: string) {
  return { auth: [{ kind: 'key', path: file, privateKey: readFileSync(file) }] } as const;
}

function fingerprintOf(publicKeyFile: string): string {
  return execFileSync('ssh-keygen', ['-l', '-f', publicKeyFile], { encoding: 'utf8' }).split(' ')[1] ?? '';
}

function patience(scope: OwnedScope) {
  return { scope, withinMs: 5000, everyMs: 20, blame: 'infra' } as const;
}
