import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import type { SshSession } from '../../harness/ssh/session.ts';
import { ssh2Transport } from '../../harness/ssh/ssh2-transport.ts';
import { failure } from '../failure.ts';
import { connectionTo, startHost } from '../simulated.ts';
import { needSshd, type Sshd, startSshd } from './sshd.ts';

describe('a ping over a session', () => {
  let sshd: Sshd | undefined;
  let session: SshSession | undefined;
  const open = async (config: readonly string[] = []) => {
    sshd = await startSshd(config);
    session = await ssh2Transport(sshd.target()).open(AbortSignal.timeout(15_000));
    return session;
  };

  before(function () {
    needSshd(this);
  });
  afterEach(async () => {
    await session?.close();
    await sshd?.close();
  });

  for (const config of [
    [],
    ['MaxSessions 0'],
    ['MaxSessions 1'],
    ['AllowTcpForwarding no'],
    ['DisableForwarding yes'],
  ]) {
    it(`is answered by a server with ${config[0] ?? 'its defaults'}`, async () => {
      const { ping } = await open(config).then((live) => ({ ping: () => live.ping(AbortSignal.timeout(15_000)) }));
      await ping();
      await Promise.all([ping(), ping(), ping()]);
    });
  }

  it('waits for a frozen server until its signal says enough', async () => {
    const live = await open();
    sshd?.signalSessions('SIGSTOP');
    const enough = new Error('enough');
    const stop = new AbortController();
    const waiting = failure(live.ping(stop.signal), Error);
    stop.abort(enough);
    expect(await waiting).to.equal(enough);
    expect(live.ended.aborted).to.equal(false);
    live.cut(new ConnectionCut('no answer for a while'));
    expect(live.ended.reason).to.be.instanceOf(ConnectionCut).and.to.include({ message: 'no answer for a while' });
  });

  it('ends with the session, cut or closed', async () => {
    const live = await open();
    sshd?.signalSessions('SIGSTOP');
    const waiting = failure(live.ping(new AbortController().signal), ConnectionCut);
    sshd?.signalSessions('SIGKILL');
    expect(await waiting).to.equal(live.ended.reason);
    expect(live.traffic.received).to.be.above(1000);
    await sshd?.close();
    const closed = await open();
    await closed.close();
    expect(closed.ended.aborted).to.equal(false);
    expect((await failure(closed.ping(new AbortController().signal), InfraError)).message).to.include('is closed');
  });

  it('is answered by the simulated host', async () => {
    const host = await startHost();
    const live = await ssh2Transport(await connectionTo(host)).open(AbortSignal.timeout(15_000));
    await live.ping(AbortSignal.timeout(15_000));
    await live.close();
    await host.stop();
  });
});
