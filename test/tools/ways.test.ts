import { once } from 'node:events';
import { createServer as createWeb } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import type { HostPort } from '../../harness/model/host.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import type { SshConnection } from '../../harness/ssh/connection.ts';
import { forwardLocally } from '../../harness/tools/forward.ts';
import { serveSocks } from '../../harness/tools/socks.ts';
import { failure } from '../failure.ts';
import { needProgram, skipBecause } from '../programs.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';

const LOCAL = { host: '127.0.0.1', port: 0 };

describe('ways into the networks of the node, through a real sshd', function () {
  this.timeout(60_000);
  let sshd: Sshd;
  let scope: OwnedScope;
  let ssh: SshConnection;
  let events: RunEvent[];
  let web: ReturnType<typeof createWeb>;
  let echo: Server;

  before(async function () {
    needSshd(this);
    sshd = await startSshd();
    web = createWeb((request, answer) => void answer.end(`you asked for ${request.url}`));
    // Answers only when the other side is through: a half-open connection has to be one.
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      const chunks: Buffer[] = [];
      socket.on('error', () => {}).on('data', (chunk: Buffer) => void chunks.push(chunk));
      socket.on('end', () => void socket.end(Buffer.concat(chunks)));
    });
    for (const server of [web, echo]) await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  after(async () => {
    web?.close();
    echo?.close();
    await sshd?.close();
  });
  beforeEach(async () => {
    events = [];
    scope = openScope((event) => void events.push(event));
    ssh = await connectSsh(scope, sshd.target());
  });
  afterEach(async () => void (await scope.close()));

  const portOf = (server: Server | typeof web) => (server.address() as AddressInfo).port;
  const said = async (to: HostPort, ...chunks: readonly Buffer[]) => {
    const socket = connect(to);
    for (const chunk of chunks) socket.write(chunk);
    socket.end();
    return await buffer(socket);
  };

  it('carry both directions of a forward by themselves, and much of it', async () => {
    const from = await forwardLocally(scope, ssh, {
      from: LOCAL,
      to: { host: '127.0.0.1', port: portOf(echo) },
      name: 'echo',
    });
    const much = Buffer.alloc(4 * 2 ** 20, 'sevlane ');
    expect((await said(from, much)).equals(much)).to.equal(true);
    const four = await Promise.all([1, 2, 3, 4].map((n) => said(from, Buffer.from(`${n}`))));
    expect(four.join()).to.equal('1,2,3,4');
  });

  it('stay where they are when the connection is cut and heals', async () => {
    const from = await forwardLocally(scope, ssh, {
      from: LOCAL,
      to: { host: '127.0.0.1', port: portOf(echo) },
      name: 'echo',
    });
    const greeter = createServer((socket) => void socket.on('error', () => {}).write('hello'));
    await once(greeter.listen(0, '127.0.0.1'), 'listening');
    const to = { host: '127.0.0.1', port: portOf(greeter) };
    // Whoever is greeted has its channel: one that is still being opened would only be opened later.
    const open = connect(await forwardLocally(scope, ssh, { from: LOCAL, to, name: 'greeter' }));
    const closed = new Promise((resolve) => open.on('error', () => {}).once('close', resolve));
    await once(open, 'data');
    greeter.close();
    sshd.signalSessions('SIGKILL');
    await closed;
    expect((await said(from, Buffer.from('after'))).toString()).to.equal('after');
    const moments = events.flatMap((event) => (event.type === 'connection' ? [event.moment.kind] : []));
    expect(moments).to.include('cut').and.to.include('reconnected');
  });

  it('say what came of a connection that leads nowhere, and go on', async () => {
    const from = await forwardLocally(scope, ssh, { from: LOCAL, to: { host: '127.0.0.1', port: 1 }, name: 'nowhere' });
    const error = await failure(said(from, Buffer.from('x')), Error);
    expect(error).to.include({ code: 'ECONNRESET' });
    const told = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(told.join()).to.match(/nowhere: a connection came to nothing: .*127\.0\.0\.1:1/);
    expect((await ssh.exec('echo still here', { signal: scope.signal })).stdout).to.equal('still here\n');
  });

  it('name an address that is taken', async () => {
    const error = await failure(serveSocks(scope, ssh, { host: '127.0.0.1', port: portOf(web) }), InfraError);
    expect(error.message).to.equal(`cannot listen on 127.0.0.1:${portOf(web)}: the port is in use`);
    expect(error.hint).to.include('choose another port');
  });

  it('are gone when the scope closes, with every connection', async () => {
    const from = await serveSocks(scope, ssh, LOCAL);
    const open = connect(from);
    await once(open, 'connect');
    await scope.close();
    if (!open.closed) await once(open, 'close');
    expect(await failure(once(connect(from), 'connect'), Error)).to.include({ code: 'ECONNREFUSED' });
  });

  describe('as a SOCKS5 proxy', () => {
    let proxy: HostPort;
    beforeEach(async () => {
      proxy = await serveSocks(scope, ssh, LOCAL);
    });
    const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
    const port = (server: Server | typeof web) => portOf(server).toString(16).padStart(4, '0');

    it('serve curl, with names that the node resolves and with addresses', async function () {
      const curl = needProgram(this, 'curl');
      const get = async (scheme: string, host: string) => {
        const args = [
          '-sS',
          '--noproxy',
          '',
          '--proxy',
          `${scheme}://127.0.0.1:${proxy.port}`,
          `http://${host}:${portOf(web)}/pods`,
        ];
        return (await execa(curl, args, { env: { PATH: '', HOME: '/' }, extendEnv: false })).stdout;
      };
      expect(await get('socks5h', 'localhost')).to.equal('you asked for /pods');
      expect(await get('socks5', '127.0.0.1')).to.equal('you asked for /pods');
    });

    it('take a client that does not wait for answers, byte by byte or all at once', async () => {
      const bytes = Buffer.concat([hex(`05 02 00 02 05 01 00 01 7f000001 ${port(echo)}`), Buffer.from('hello')]);
      const answer = hex('05 00 05 00 00 01 00000000 0000');
      expect(await said(proxy, bytes)).to.deep.equal(Buffer.concat([answer, Buffer.from('hello')]));
      const one = await said(proxy, ...[...bytes].map((byte) => Buffer.from([byte])));
      expect(one).to.deep.equal(Buffer.concat([answer, Buffer.from('hello')]));
    });

    it('refuse what they cannot do in the words of the protocol', async () => {
      const answers: Readonly<Record<string, string>> = {
        [`05 01 00 05 02 00 01 7f000001 ${port(echo)}`]: '0500 05070001000000000000',
        [`05 01 00 05 01 00 09 7f000001 ${port(echo)}`]: '0500 05080001000000000000',
        '05 01 00 05 01 00 01 7f000001 0001': '0500 05050001000000000000',
        '05 01 02': '05ff',
        '04 01 0050 7f000001 00': '',
        [Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')]: '',
        '05 01': '',
        '05 01 00 05 01 00 03 09 6c6f': '0500',
      };
      for (const [request, answer] of Object.entries(answers)) {
        const got = await said(proxy, hex(request)).catch((error: Error) => Buffer.from(error.message));
        expect(got.toString('hex'), request).to.equal(answer.replaceAll(' ', ''));
      }
    });

    it('reach IPv6 addresses', async function () {
      const six = createServer((socket: Socket) => void socket.end('six'));
      const listening = once(six.listen(0, '::1'), 'listening').catch(() => undefined);
      if ((await listening) === undefined) return skipBecause(this, 'this machine has no IPv6');
      const request = hex(`05 01 00 05 01 00 04 00000000000000000000000000000001 ${port(six)}`);
      const answer = await said(proxy, request);
      six.close();
      expect(answer.toString('latin1').slice(-3)).to.equal('six');
    });
  });
});
