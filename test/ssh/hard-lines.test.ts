import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import type { ConnectionMoment, ConnectionRecord } from '../../harness/model/connection.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import { failure } from '../failure.ts';
import { startSshDaemon } from './daemon.ts';
import { startMutePeer } from './mute-peer.ts';
import { type Relay, startRelay, throughRelay } from './relay.ts';
import { needSshd, type Sshd, startSshd } from './sshd.ts';

describe('an ssh connection over a hard line', function () {
  this.timeout(60_000);
  this.slow(20_000);
  let scope: OwnedScope;
  let moments: ConnectionMoment[];
  let record: ConnectionRecord | undefined;
  const never = new AbortController().signal;
  const kinds = () => moments.map(({ kind }) => kind);
  const patience = () => ({ scope: openScope(() => {}), withinMs: 30_000, everyMs: 5, blame: 'infra' }) as const;
  const happens = (kind: ConnectionMoment['kind'], nth = 1) =>
    until(`moment ${kind}`, patience(), async () => {
      const found = moments.filter((moment) => moment.kind === kind)[nth - 1];
      return found === undefined ? { done: false, saw: kinds().join(' ') } : { done: true, value: found };
    });

  before(function () {
    needSshd(this);
  });
  beforeEach(() => {
    moments = [];
    scope = openScope((event) => {
      if (event.type !== 'connection') return;
      moments.push(event.moment);
      record = event.record;
    });
  });
  afterEach(async () => {
    await scope?.close();
  });

  describe('with long round trips', () => {
    let sshd: Sshd;
    let relay: Relay;
    beforeEach(async () => {
      sshd = await startSshd();
      relay = await startRelay({ host: '127.0.0.1', port: sshd.port });
      relay.delay(100);
    });
    afterEach(async () => {
      await relay?.close();
      await sshd?.close();
    });

    it('is not cut by a stall of 2 s, which is told, and what was under way goes on', async () => {
      const ssh = await connectSsh(scope, throughRelay(sshd, relay));
      await ssh.exec('true', { signal: never });
      const running = ssh.exec('sleep 0.5; echo done', { signal: never });
      relay.stall();
      const stalledAt = performance.now();
      await until('2 s', patience(), async () =>
        performance.now() - stalledAt >= 2000 ? { done: true, value: undefined } : { done: false, saw: 'less' },
      );
      relay.resume();
      expect((await running).stdout).to.equal('done\n');
      expect((await happens('slow')).ms).to.be.at.least(1500);
      expect(kinds()).to.not.include('cut');
      expect(record?.roundTripMs?.median).to.be.at.least(200);
    });

    it('is cut by a silence that lasts, and never later than after 10 s', async () => {
      const ssh = await connectSsh(scope, throughRelay(sshd, relay));
      await ssh.exec('true', { signal: never });
      const swallowedAt = performance.now();
      relay.blackHole();
      await happens('cut');
      // The last bytes on their way came 100 ms later.
      expect(performance.now() - swallowedAt).to.be.within(2000, 10_500);
      await happens('reconnected');
    });
  });

  it('with a new key exchange after every megabyte is not cut, and carries 200 MB', async () => {
    const sshd = await startSshd(['RekeyLimit 1M']);
    try {
      const ssh = await connectSsh(scope, sshd.target());
      const source = createServer((socket) => {
        const block = Buffer.alloc(1024 * 1024, 'x');
        let left = 200;
        const more = () => {
          while (left > 0) {
            left -= 1;
            if (!socket.write(block)) return;
          }
          socket.end();
        };
        socket.on('drain', more).on('error', () => {});
        more();
      });
      await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
      const channel = await ssh.openChannel({ host: '127.0.0.1', port: (source.address() as AddressInfo).port });
      let bytes = 0;
      for await (const chunk of channel) bytes += (chunk as Buffer).length;
      expect(bytes).to.equal(200 * 1024 * 1024);
      expect(kinds()).to.deep.equal(['connected']);
      source.close();
    } finally {
      await scope.close();
      await sshd.close();
    }
  });

  for (const sessions of [0, 1]) {
    it(`to a server that allows ${sessions} sessions heals, and its channels work`, async () => {
      const sshd = await startSshd([`MaxSessions ${sessions}`]);
      const relay = await startRelay({ host: '127.0.0.1', port: sshd.port });
      try {
        const ssh = await connectSsh(scope, throughRelay(sshd, relay));
        for (let nth = 1; nth <= 2; nth += 1) {
          const running = ssh.exec('echo one', { signal: never });
          if (sessions === 1) expect((await running).stdout).to.equal('one\n');
          else await failure(running, InfraError);
          const channel = await ssh.openChannel({ host: '127.0.0.1', port: sshd.port });
          const greeting = await new Promise<Buffer>((resolve) => channel.once('data', resolve));
          expect(greeting.toString()).to.match(/^SSH-2\.0-/);
          relay.reset();
          await happens('reconnected', nth);
        }
      } finally {
        await scope.close();
        await relay.close();
        await sshd.close();
      }
    });
  }

  it('to a server that drops greetings because too many knock heals when it is through', async () => {
    const sshd = await startSshDaemon(['MaxStartups 1', 'LoginGraceTime 5']);
    try {
      const ssh = await connectSsh(scope, sshd.target());
      await ssh.exec('true', { signal: never });
      // Strangers that never say who they are, until the server throws them out.
      const strangers = await knock(sshd.port, 3);
      for (const pid of sshd.sessions()) process.kill(pid, 'SIGKILL');
      await happens('cut');
      strangers.push(...(await knock(sshd.port, 3)));
      expect((await ssh.exec('echo in', { signal: never })).stdout).to.equal('in\n');
      for (const stranger of strangers) stranger.destroy();
    } finally {
      await scope.close();
      await sshd.close();
    }
  });

  it('whose sshd is killed with all its sessions and started again heals each time, without a login too many', async () => {
    const sshd = await startSshDaemon();
    try {
      const ssh = await connectSsh(scope, sshd.target());
      for (let nth = 1; nth <= 5; nth += 1) {
        const before = sshd.sessions();
        const running = failure(ssh.exec('sleep 20', { signal: never }), ConnectionCut);
        await sshd.kill();
        await running;
        await sshd.start();
        expect((await ssh.exec(`echo ${nth}`, { signal: never })).stdout).to.equal(`${nth}\n`);
        expect(sshd.sessions()).to.not.have.members(before);
      }
      expect(sshd.accepted()).to.equal(6);
      expect(record?.cuts).to.equal(5);
    } finally {
      await scope.close();
      await sshd.close();
    }
  });

  it('to a peer that accepts channels and never answers is not cut, and everything ends by its own bounds', async () => {
    const peer = await startMutePeer();
    try {
      const ssh = await connectSsh(scope, peer.target);
      const stop = new AbortController();
      const running = failure(ssh.exec('true', { signal: stop.signal }), Error);
      const channel = await ssh.openChannel({ host: '127.0.0.1', port: 1 });
      channel.write('anybody?');
      // Long enough for a heartbeat to miss, were it not for the answers to it.
      const connectedAt = performance.now();
      await until('4 s', patience(), async () =>
        performance.now() - connectedAt >= 4000 ? { done: true, value: undefined } : { done: false, saw: 'less' },
      );
      stop.abort(new Error('no answer in time'));
      expect((await running).message).to.equal('no answer in time');
      expect(kinds()).to.deep.equal(['connected']);
      expect(peer.channels).to.equal(2);
    } finally {
      await scope.close();
      await peer.close();
    }
  });

  it('to a peer that lets us in and then answers nothing at all is given up, though it lets us in again', async () => {
    const peer = await startMutePeer({ answersRequests: false });
    try {
      const ssh = await connectSsh(scope, peer.target, { budgetMs: 5000 });
      const error = await failure(ssh.exec('true', { signal: never }), ConnectionCut);
      expect(error.message).to.match(/the node stopped answering heartbeats, nothing was heard for [\d.]+ s$/);
      const loss = await happens('lost');
      expect(loss.saw).to.match(/the cut number \d+ in a row/);
      expect(kinds().filter((kind) => kind === 'cut').length).to.be.within(2, 10);
      expect(await failure(ssh.exec('true', { signal: never }), InfraError)).to.equal(ssh.lost.reason);
    } finally {
      await scope.close();
      await peer.close();
    }
  });
});

/** Opens connections that never say who they are; resolves when the server has taken or dropped each. */
async function knock(port: number, times: number): Promise<Socket[]> {
  const sockets = Array.from({ length: times }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once('data', resolve).once('close', resolve))),
  );
  return sockets;
}
