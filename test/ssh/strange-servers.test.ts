import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import { parseReadings } from '../../harness/host/readings.ts';
import { PROBE_COMMAND, probeScript } from '../../harness/host/script.ts';
import type { SshTarget } from '../../harness/model/host.ts';
import type { SshSession } from '../../harness/ssh/session.ts';
import { ssh2Transport } from '../../harness/ssh/ssh2-transport.ts';
import { failure } from '../failure.ts';
import { needSshd, type Sshd, startSshd } from './sshd.ts';

describe('a node with habits of its own', () => {
  let sshd: Sshd | undefined;
  let session: SshSession | undefined;
  before(function () {
    needSshd(this);
  });
  afterEach(async () => {
    await session?.close();
    await sshd?.close();
    session = undefined;
  });
  const patient = () => AbortSignal.timeout(40_000);
  const open = async (config: readonly string[], changes?: Partial<SshTarget>) => {
    sshd = await startSshd(config);
    session = await ssh2Transport(sshd.target(changes)).open(patient());
    return session;
  };
  const run = (live: SshSession, command: string, stdin?: string) =>
    live.exec(command, { signal: patient(), ...(stdin === undefined ? {} : { stdin }) });
  const command = `printf '%s\\n' "it's" 'a "q"' \\\\ '!$HOME %d'; cat; echo grüße >&2; exit 3`;
  const answer = { code: 3, stdout: 'it\'s\na "q"\n\\\n!$HOME %d\nin\n', stderr: 'grüße\n' };

  it('says something before every command, which is no part of the answer', async () => {
    const live = await open([`ForceCommand date; echo Welcome; echo careful >&2; eval "$SSH_ORIGINAL_COMMAND"`]);
    expect(await run(live, command, 'in\n')).to.deep.equal(answer);
    expect((await run(live, 'true')).stdout).to.equal('');
  });

  // Like csh and fish it does no arithmetic, and its quotes hold less than those of sh.
  const FOREIGN = `case "$SSH_ORIGINAL_COMMAND" in *'$(('*|*'!'*) echo "Illegal variable name." >&2; exit 1;; esac; eval "$SSH_ORIGINAL_COMMAND"`;

  it('has a login shell that does not read POSIX sh', async () => {
    const live = await open([`ForceCommand ${FOREIGN}`]);
    expect(await run(live, command, 'in\n')).to.deep.equal(answer);
  });

  it('has such a shell, and talks besides', async () => {
    const live = await open([`ForceCommand echo Welcome; ${FOREIGN}`]);
    expect(await run(live, command, 'in\n')).to.deep.equal(answer);
  });

  it('lets nobody in, with what nologin says', async () => {
    const live = await open(['ForceCommand /usr/sbin/nologin']);
    const error = await failure(run(live, 'true'), InfraError);
    expect(error.message).to.match(/does not run the commands .*This account is currently not available/);
    expect(error.hint).to.include('ForceCommand').and.to.include('login shell');
  });

  it('runs another program whatever is asked', async () => {
    const live = await open(['ForceCommand head -c 100000 /dev/urandom']);
    const error = await failure(run(live, 'echo hello'), InfraError);
    expect(error.message).to.match(/asked for an echo, it said output that is not text \(about \d+ bytes\) and ended/);
  });

  it('says more than anybody reads', async () => {
    const live = await open(['ForceCommand yes grüße | head -1000']);
    const error = await failure(run(live, 'echo hello'), InfraError);
    expect(error.message).to.match(/it said "(grüße ){13}gr\.\.\." and ended with 0$/);
    expect(error.hint).to.include('ForceCommand');
  });

  it('puts sudo before every command, which asks for a password', async () => {
    const live = await open(['ForceCommand echo "sudo: a password is required" >&2; exit 1']);
    const error = await failure(run(live, 'true'), InfraError);
    expect(error.message).to.include('it said "sudo: a password is required" and ended with 1');
    expect(error.hint).to.match(/^sudo .*asks for a password.*NOPASSWD/);
  });

  it('shows a banner before the login and a motd, neither of which is heard', async () => {
    const live = await open(['Banner /etc/passwd', 'PrintMotd yes']);
    expect(await run(live, command, 'in\n')).to.deep.equal(answer);
  });

  it('cannot write a single byte, as with a full disk: it is read all the same', async () => {
    const live = await open(['ForceCommand ulimit -f 0; eval "$SSH_ORIGINAL_COMMAND"']);
    const full = await run(live, 'echo no room > "$(mktemp)"; echo $?');
    expect(full.stdout).to.not.equal('0\n');
    expect(await run(live, command, 'in\n')).to.deep.equal(answer);
    const mark = 'sevlane-full';
    const { code, stdout } = await run(live, PROBE_COMMAND, probeScript(mark));
    expect(code).to.equal(0);
    expect(parseReadings(stdout, { mark, what: 'probe', stderr: '' }).text('/proc/cpuinfo')).to.include('processor');
  });

  it('allows one session at a time: commands take turns', async () => {
    const live = await open(['MaxSessions 1']);
    const all = await Promise.all(Array.from({ length: 8 }, (_, n) => run(live, `echo ${n}`)));
    expect(all.map(({ stdout }) => stdout.trim())).to.deep.equal(['0', '1', '2', '3', '4', '5', '6', '7']);
  });

  it('allows one session at a time: a command that is given up lets the next one in', async () => {
    const live = await open(['MaxSessions 1']);
    await run(live, 'true');
    const stop = new AbortController();
    const stuck = failure(live.exec('exec sleep 2', { signal: stop.signal }), Error);
    const next = run(live, 'echo next');
    await live.ping(patient());
    stop.abort(new Error('enough'));
    expect((await stuck).message).to.equal('enough');
    expect((await next).stdout).to.equal('next\n');
  });

  it('allows no session at all: ports are forwarded, and a command says why not', async () => {
    const live = await open(['MaxSessions 0']);
    const error = await failure(run(live, 'true'), InfraError);
    expect(error.message).to.include('opens no session for commands');
    expect(error.hint).to.include('MaxSessions');
    await live.ping(patient());
  });

  it('forwards to some ports only', async () => {
    const sink = createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const { port } = sink.address() as AddressInfo;
    const live = await open([`PermitOpen 127.0.0.1:${port}`]);
    const channel = await live.openChannel({ host: '127.0.0.1', port });
    expect(String((await channel[Symbol.asyncIterator]().next()).value)).to.equal('hello');
    const error = await failure(live.openChannel({ host: '127.0.0.1', port: 1 }), InfraError);
    expect(error.hint).to.include('PermitOpen');
    sink.close();
  });

  it('changes keys again and again in the middle of a long stream', async () => {
    const total = 200 * 1024 * 1024;
    const block = Buffer.alloc(64 * 1024, 7);
    const source = createServer((socket) => {
      let left = total;
      const pump = () => {
        while (left > 0) {
          left -= block.length;
          if (!socket.write(block)) return;
        }
        socket.end();
      };
      socket.on('drain', pump).on('error', () => {});
      pump();
    });
    await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
    const live = await open(['RekeyLimit 1M']);
    const channel = await live.openChannel({ host: '127.0.0.1', port: (source.address() as AddressInfo).port });
    let bytes = 0;
    for await (const chunk of channel) bytes += chunk.length;
    expect(bytes).to.equal(total);
    expect((await run(live, 'head -c 20000000 /dev/zero | wc -c')).stdout.trim()).to.equal('20000000');
    source.close();
  }).timeout(180_000);

  describe('of algorithms', () => {
    it('wants a key exchange that only the other transport has, with both lists', async () => {
      const error = await failure(open(['KexAlgorithms sntrup761x25519-sha512@openssh.com']), InfraError);
      expect(error.message).to.match(
        /no common algorithm .*no key exchange algorithm: it offers sntrup761x25519-sha512@openssh.com.*, we offer curve25519-sha256,/,
      );
      expect(error.hint).to.include('--ssh-transport openssh');
    });

    it('gets those that the user wants', async () => {
      const ciphers = ['aes256-ctr'];
      const live = await open(['Ciphers aes256-ctr,aes128-ctr', 'LogLevel DEBUG1'], { algorithms: { ciphers } });
      expect((await run(live, 'echo in')).stdout).to.equal('in\n');
      expect(sshd?.log()).to.include('aes256-ctr');
      const other = { algorithms: { ciphers: ['aes128-gcm@openssh.com'] } };
      const error = await failure(open(['Ciphers aes256-ctr'], other), InfraError);
      expect(error.message).to.include('no cipher algorithm: it offers aes256-ctr, we offer aes128-gcm@openssh.com');
    });

    it('is asked for some of which the transport knows none', async () => {
      const wanted = { algorithms: { keyExchange: ['mlkem768x25519-sha256'] } };
      const error = await failure(open([], wanted), InfraError);
      expect(error.message).to.include('this transport knows no key exchange of mlkem768x25519-sha256');
      expect(error.hint).to.include('--ssh-transport openssh');
    });
  });

  describe('that turns us away at the door', () => {
    const door = async (words: string, then: 'close' | 'stay') => {
      const server = createServer((socket) => {
        socket.on('error', () => {});
        if (then === 'close') socket.end(words);
        else socket.write(words);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      sshd = await startSshd();
      const { port } = server.address() as AddressInfo;
      const target = sshd.target({ port, connectWithinMs: 1500 });
      try {
        return await failure(ssh2Transport(target).open(patient()), Error);
      } finally {
        server.close();
      }
    };

    it('because too many are logging in', async () => {
      const error = await door('Exceeded MaxStartups\r\n', 'close');
      expect(error).to.be.instanceOf(ConnectionCut);
      expect(error.message).to.include(
        'takes no more logins at the moment (MaxStartups); it said "Exceeded MaxStartups"',
      );
    });

    it('without a word', async () => {
      const error = await door('', 'close');
      expect(error).to.be.instanceOf(ConnectionCut);
      expect(error.message).to.match(/handshake failed/);
    });

    it('because it is no ssh server', async () => {
      const error = await door('HTTP/1.1 400 Bad Request\r\n\u001b[2J\r\n', 'close');
      expect(error).to.be.instanceOf(InfraError);
      expect(error.message).to.include('no ssh server; it said "HTTP/1.1 400 Bad Request [2J"');
    });

    it('by greeting and then saying nothing', async () => {
      const error = await door('SSH-2.0-OpenSSH_9.2\r\n', 'stay');
      expect(error).to.be.instanceOf(ConnectionCut);
      expect(error.message).to.include('not connected within 1.5 s');
    });
  });
});
