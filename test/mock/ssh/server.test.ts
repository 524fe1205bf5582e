import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import type ssh2 from 'ssh2';
import { nodeAddresses } from '../../../providers/mock/ssh/address-book.ts';
import { closing, connect, exec, type SimulatedSsh, startSimulatedSsh } from './simulated-ssh.ts';

describe('the SSH server of a simulated host', () => {
  let ssh: SimulatedSsh;
  let echoPort = 0;
  const echo = createServer({ allowHalfOpen: true }, (socket: Socket) => socket.pipe(socket));
  before(async () => {
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    echoPort = (echo.address() as AddressInfo).port;
    const names = { nodeName: 'node01.lab', nodeAddress: '192.0.2.10', port: 6443, realPort: echoPort };
    ssh = await startSimulatedSsh({ addresses: nodeAddresses(names) });
  });
  after(async () => {
    await ssh.close();
    echo.close();
  });

  it('lets in with the key of the run and with its password, and nobody else', async () => {
    (await connect(ssh)).end();
    (await connect(ssh, withPassword(ssh.keys.sshPassword))).end();
    const strangers: readonly Partial<ssh2.ConnectConfig>[] = [
      { privateKey: ssh.keys.sshImpostor.privateKey },
      withPassword('guess'),
      { username: 'nobody' },
    ];
    for (const stranger of strangers) {
      const refusal = await connect(ssh, stranger).catch((error: Error) => error.message);
      expect(refusal).to.equal('All configured authentication methods failed');
    }
  });

  it('runs commands with their exit codes and both outputs', async () => {
    const client = await connect(ssh);
    expect(await exec(client, 'uname -n; cat /nowhere; exit 7')).to.deep.equal({
      code: 7,
      signal: undefined,
      stdout: 'sev-milan-1\n',
      stderr: 'cat: /nowhere: No such file or directory\n',
    });
    expect((await exec(client, 'grep -c ^processor /proc/cpuinfo')).stdout).to.equal('96\n');
    client.end();
  });

  it('gives a command its input', async () => {
    const client = await connect(ssh);
    const result = await exec(client, 'bash -s', (channel) => channel.end('echo "got $0"\nexit 3\n'));
    expect(result).to.deep.include({ code: 3, stdout: 'got bash\n' });
    client.end();
  });

  it('kills a command that gets a signal, and one whose channel is closed', async () => {
    const client = await connect(ssh);
    const killed = await exec(client, 'echo begun; sleep 1000000', (channel) =>
      channel.once('data', () => channel.signal('TERM')),
    );
    expect(killed).to.deep.include({ code: undefined, signal: 'SIGTERM', stdout: 'begun\n' });
    const left = await exec(client, 'echo begun; sleep 1000000', (channel) =>
      channel.once('data', () => channel.close()),
    );
    expect(left.stdout).to.equal('begun\n');
    client.end();
  });

  it('offers a shell with a prompt on a terminal, and Ctrl-C in it', async () => {
    const client = await connect(ssh);
    const shown = await talk(client, ['sleep 1000000\r', '\x03', 'echo a b | wc -w\r', 'exit 4\r']);
    expect(shown.code).to.equal(4);
    expect(shown.text).to.include('[root@sev-milan-1 ~]# sleep 1000000\r\n^C\r\n[root@sev-milan-1 ~]# ');
    expect(shown.text).to.include('echo a b | wc -w\r\n2\r\n');
    client.end();
  });

  it('forwards to the API server under every name that the node has for it', async () => {
    const client = await connect(ssh);
    const places: readonly (readonly [string, number])[] = [
      ['127.0.0.1', 6443],
      ['localhost', 6443],
      ['node01', 6443],
      ['192.0.2.10', 6443],
      ['127.0.0.1', echoPort],
      ['10.96.0.1', 443],
    ];
    for (const [host, port] of places) expect(await echoThrough(client, host, port, 'hello'), host).to.equal('hello');
    client.end();
  });

  it('refuses to forward to any other place', async () => {
    const client = await connect(ssh);
    for (const [host, port] of [
      ['127.0.0.1', 1],
      ['example.org', 6443],
    ] as const) {
      const refusal = await echoThrough(client, host, port, 'x').catch((error: { reason?: number }) => error.reason);
      // SSH_OPEN_CONNECT_FAILED, as sshd answers when nobody listens.
      expect(refusal).to.equal(2);
    }
    client.end();
  });

  it('carries a hundred channels at once, and megabytes through one', async () => {
    const client = await connect(ssh);
    const texts = Array.from({ length: 100 }, (_, index) => `channel ${index}`);
    const answers = await Promise.all(texts.map((text) => echoThrough(client, 'localhost', 6443, text)));
    expect(answers).to.deep.equal(texts);
    const large = 'x'.repeat(5_000_000);
    expect((await echoThrough(client, 'localhost', 6443, large)) === large).to.equal(true);
    client.end();
  });

  it('tells the director what clients do', () => {
    expect(ssh.events).to.include.members(['ssh connected', 'ssh authenticated', 'ssh exec bash -s', 'ssh shell']);
    expect(ssh.events).to.include('ssh forward 192.0.2.10:6443');
  });

  it('leaves no connection and no listener behind', async () => {
    const other = await startSimulatedSsh();
    const client = await connect(other);
    const closed = closing(client);
    await other.close();
    await closed;
    const refusal = await connect(other).catch((error: NodeJS.ErrnoException) => error.code);
    expect(refusal).to.equal('ECONNREFUSED');
  });
});

function withPassword(password: string): Partial<ssh2.ConnectConfig> {
  return { authHandler: ['password'], password };
}

async function echoThrough(client: ssh2.Client, host: string, port: number, text: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error !== undefined) return reject(error);
      const chunks: Buffer[] = [];
      channel.on('data', (chunk: Buffer) => chunks.push(chunk));
      channel.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
      channel.end(text);
    });
  });
}

/** Types each text once the text before has led to a prompt or to nothing more. */
async function talk(client: ssh2.Client, keys: readonly string[]): Promise<{ text: string; code: number | undefined }> {
  return await new Promise((resolve, reject) => {
    client.shell({ term: 'xterm' }, (error, channel) => {
      if (error !== undefined) return reject(error);
      const left = [...keys];
      let text = '';
      let code: number | undefined;
      channel.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
        if (/# $|sleep \d+\r\n$/.test(text)) channel.write(left.shift() ?? '');
      });
      channel.on('exit', (status: number) => {
        code = status;
      });
      channel.on('close', () => resolve({ text, code }));
    });
  });
}
