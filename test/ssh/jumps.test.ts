import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import type { SshTarget } from '../../harness/model/host.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { ssh2Transport } from '../../harness/ssh/ssh2-transport.ts';
import { failure } from '../failure.ts';
import { newKey } from './agent.ts';
import { needSshd, type Sshd, startSshd } from './sshd.ts';

describe('a way through other hosts', () => {
  const servers: Sshd[] = [];
  let gate: Sshd;
  let node: Sshd;
  before(function () {
    needSshd(this);
  });
  beforeEach(async () => {
    gate = await start();
    node = await start();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });
  const start = async (config: readonly string[] = []) => {
    const server = await startSshd(config);
    servers.push(server);
    return server;
  };
  const open = (target: SshTarget) => ssh2Transport(target).open(AbortSignal.timeout(30_000));
  const name = (server: Sshd) => `${server.target().user}@127.0.0.1:${server.port}`;

  it('leads over two hosts, each with a key and a host key of its own', async () => {
    const second = await start();
    const target = node.target({ jumps: [gate.target(), second.target()] });
    expect(ssh2Transport(target).description).to.equal(`${name(node)} (through ${name(gate)}, ${name(second)})`);
    const session = await open(target);
    const { stdout } = await session.exec('echo $SSH_CONNECTION', { signal: AbortSignal.timeout(20_000) });
    expect(stdout.trim().split(' ')[3]).to.equal(String(node.port));
    expect(session.traffic.received).to.be.above(3000);
    await session.close();
    await gone(gate, second, node);
  });

  it('walks the jumps of a jump in their place', async () => {
    const second = await start();
    const session = await open(node.target({ jumps: [second.target({ jumps: [gate.target()] })] }));
    expect(gate.sessions()).to.equal(1);
    await session.close();
    await gone(gate, second, node);
  });

  it('carries channels and pings', async () => {
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const session = await open(node.target({ jumps: [gate.target()] }));
    const channel = await session.openChannel({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });
    channel.end(Buffer.alloc(3_000_000, 'x'));
    let bytes = 0;
    for await (const chunk of channel) bytes += chunk.length;
    expect(bytes).to.equal(3_000_000);
    await session.ping(AbortSignal.timeout(20_000));
    await session.close();
    echo.close();
  });

  it('tells the gate no secret before its own host key is verified', async () => {
    const unknown = gate.target({ hostKeys: { knownHostsFiles: [node.knownHosts] } });
    const error = await failure(open(node.target({ jumps: [unknown] })), InfraError);
    expect(error.message).to.include(`host key of [127.0.0.1]:${gate.port} is not known`);
    await gone(gate);
    expect(gate.log()).to.not.match(/authenticating user|Failed|Accepted|Postponed/);
    expect(node.log()).to.equal('');
  });

  it('refuses a node that the gate cannot vouch for, and says how to read its key from there', async () => {
    const file = join(node.folder, 'empty');
    writeFileSync(file, '');
    const target = node.target({ hostKeys: { knownHostsFiles: [file] }, jumps: [gate.target()] });
    const error = await failure(open(target), InfraError);
    expect(error.message).to.include(`host key of [127.0.0.1]:${node.port} is not known`);
    const { user } = node.target();
    expect(error.hint).to.include(
      `ssh -p ${gate.port} ${user}@127.0.0.1 ssh-keyscan -t ed25519 -p ${node.port} 127.0.0.1 >> ${file}`,
    );
    await gone(gate, node);
    expect(node.log()).to.not.match(/authenticating user|Failed|Accepted|Postponed/);
  });

  it('names the host that does not let us in, and keeps nothing open', async () => {
    const stranger = newKey(gate.folder, 'stranger');
    const auth = [{ kind: 'key', path: stranger, privateKey: readFileSync(stranger) }] as const;
    const atGate = await failure(open(node.target({ jumps: [gate.target({ auth })] })), InfraError);
    expect(atGate.message).to.match(
      new RegExp(`^ssh ${name(node)}: through ${name(gate)}: ${name(gate)} does not accept us; tried key ${stranger}`),
    );
    const atNode = await failure(open(node.target({ auth, jumps: [gate.target()] })), InfraError);
    expect(atNode.message).to.include(`(through ${name(gate)}): the node does not accept us`);
    await gone(gate, node);
  });

  it('names the host that does not answer, from here or from the gate', async () => {
    const noGate = await failure(open(node.target({ jumps: [gate.target({ port: 1 })] })), ConnectionCut);
    expect(noGate.message).to.match(
      /: through \S+@127.0.0.1:1: cannot connect to 127.0.0.1 port 1: connection refused/,
    );
    const noNode = await failure(open(node.target({ port: 1, jumps: [gate.target()] })), ConnectionCut);
    expect(noNode.message).to.match(new RegExp(`${name(gate)} cannot connect to 127.0.0.1 port 1: .*refused`, 'i'));
    expect(noNode.hint).to.include(name(gate));
    await gone(gate);
  });

  it('says that the gate forbids to be gone through', async () => {
    const closed = await start(['AllowTcpForwarding no']);
    const error = await failure(open(node.target({ jumps: [closed.target()] })), InfraError);
    expect(error.message).to.include(`${name(closed)} cannot connect to 127.0.0.1 port ${node.port}`);
    expect(error.hint)
      .to.include(`${name(closed)} forbids it`)
      .and.to.include('PermitOpen');
    const narrow = await start([`PermitOpen 127.0.0.1:${node.port}`]);
    await (await open(node.target({ jumps: [narrow.target()] }))).close();
  });

  it('goes through a gate that gives nobody a shell', async () => {
    const bare = await start(['MaxSessions 0']);
    const session = await open(node.target({ jumps: [bare.target()] }));
    expect((await session.exec('echo in', { signal: AbortSignal.timeout(20_000) })).stdout).to.equal('in\n');
    await session.close();
  });

  it('ends as a cut, with everything on it, when the gate dies', async () => {
    const session = await open(node.target({ jumps: [gate.target()] }));
    const running = failure(session.exec('sleep 20', { signal: AbortSignal.timeout(20_000) }), ConnectionCut);
    gate.signalSessions('SIGKILL');
    expect((await running).message).to.include(`(through ${name(gate)}): connection lost at `);
    expect(session.ended.aborted).to.equal(true);
    await gone(gate, node);
  });
});

async function gone(...servers: readonly Sshd[]): Promise<void> {
  const scope = openScope(() => {});
  await until('the servers to have ended', { scope, withinMs: 10_000, everyMs: 20, blame: 'infra' }, async () => {
    const left = servers.map((server) => server.sessions());
    return left.every((count) => count === 0) ? { done: true, value: undefined } : { done: false, saw: left.join(' ') };
  });
  await scope.close();
}
