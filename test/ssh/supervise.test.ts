import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import type { ConnectionMoment, ConnectionRecord } from '../../harness/model/connection.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { connectSsh, type SshOptions } from '../../harness/ssh/client.ts';
import { failure } from '../failure.ts';
import { type Relay, startRelay, throughRelay } from './relay.ts';
import { needSshd, type Sshd, startSshd } from './sshd.ts';

describe('an ssh connection that is cut', function () {
  this.timeout(40_000);
  this.slow(10_000);
  let sshd: Sshd;
  let relay: Relay;
  let scope: OwnedScope;
  let moments: ConnectionMoment[];
  let record: ConnectionRecord | undefined;
  const never = new AbortController().signal;

  before(function () {
    needSshd(this);
  });
  beforeEach(async () => {
    sshd = await startSshd();
    relay = await startRelay({ host: '127.0.0.1', port: sshd.port });
    moments = [];
    scope = openScope((event) => {
      if (event.type !== 'connection') return;
      moments.push(event.moment);
      record = event.record;
    });
  });
  afterEach(async () => {
    await scope?.close();
    await relay?.close();
    await sshd?.close();
  });

  const connect = (options: SshOptions = {}) => connectSsh(scope, throughRelay(sshd, relay), options);
  const patience = () => ({ scope: openScope(() => {}), withinMs: 20_000, everyMs: 5, blame: 'infra' }) as const;
  const kinds = () => moments.map(({ kind }) => kind);
  const happens = (kind: ConnectionMoment['kind'], nth = 1) =>
    until(`moment ${kind}`, patience(), async () => {
      const found = moments.filter((moment) => moment.kind === kind)[nth - 1];
      return found === undefined ? { done: false, saw: kinds().join(' ') } : { done: true, value: found };
    });

  for (const [how, cut] of [
    ['its session is killed', () => sshd.signalSessions('SIGKILL')],
    ['its session freezes', () => sshd.signalSessions('SIGSTOP')],
    ['the network swallows it', () => relay.blackHole()],
    ['a firewall resets it', () => relay.reset()],
    ['what we say reaches nobody', () => relay.halfOpen()],
  ] as const) {
    it(`heals under the same object when ${how}`, async () => {
      const ssh = await connect();
      await happens('connected');
      const running = failure(ssh.exec('sleep 20', { signal: never }), ConnectionCut);
      await ssh.exec('true', { signal: never });
      const cutAt = performance.now();
      cut();
      expect((await running).message).to.match(/^ssh \S+: connection lost at 20\S+Z, [\d.]+ s after it was made: /);
      expect((await ssh.exec('echo again', { signal: never })).stdout).to.equal('again\n');
      measured(how, performance.now() - cutAt);
      expect(kinds()).to.deep.equal(['connected', 'cut', 'reconnected']);
      expect(record).to.include({ cuts: 1, transport: 'ssh2' });
      expect(record?.downMs).to.be.greaterThan(0);
      expect(scope.signal.aborted).to.equal(false);
    });
  }

  it('heals again and again, each cut counted by itself', async () => {
    const ssh = await connect({ budgetMs: 10_000 });
    for (let nth = 1; nth <= 4; nth += 1) {
      await ssh.exec('true', { signal: never });
      relay.reset();
      await happens('reconnected', nth);
    }
    expect((await ssh.exec('echo still', { signal: never })).stdout).to.equal('still\n');
    expect(record).to.include({ cuts: 4 });
    expect(sshd.log().match(/Accepted publickey/g)).to.have.length(5);
  });

  it('heals when the next connection is cut in the middle of its greeting', async () => {
    const ssh = await connect();
    await relay.refuse();
    // Takes the new one, which is then broken before it can have said who we are.
    relay.swallowNew(true);
    const before = relay.taken;
    await relay.listen();
    await until('a try', patience(), async () =>
      relay.taken > before ? { done: true, value: undefined } : { done: false, saw: 'none' },
    );
    relay.swallowNew(false);
    relay.reset();
    expect((await ssh.exec('echo healed', { signal: never })).stdout).to.equal('healed\n');
    expect(kinds()).to.deep.equal(['connected', 'cut', 'reconnected']);
  });

  it('lets what is asked for meanwhile wait: commands, and channels to the node', async () => {
    const ssh = await connect();
    await relay.refuse();
    await happens('cut');
    const stop = new AbortController();
    const given = failure(ssh.exec('true', { signal: stop.signal }), Error);
    const answers = [ssh.exec('echo waited', { signal: never }), ssh.exec('echo too', { signal: never })];
    const channel = ssh.openChannel({ host: '127.0.0.1', port: sshd.port });
    stop.abort(new Error('enough'));
    // One that waits can still be given up by its own signal.
    expect((await given).message).to.equal('enough');
    await relay.listen();
    expect((await Promise.all(answers)).map(({ stdout }) => stdout)).to.deep.equal(['waited\n', 'too\n']);
    const greeting = await new Promise<Buffer>((resolve) => channel.then((one) => one.once('data', resolve)));
    expect(greeting.toString()).to.match(/^SSH-2\.0-/);
  });

  it('opens a channel on the next session that was being asked for when the cut came', async () => {
    const ssh = await connect();
    await ssh.exec('true', { signal: never });
    relay.blackHole();
    const channel = await ssh.openChannel({ host: '127.0.0.1', port: sshd.port });
    const greeting = await new Promise<Buffer>((resolve) => channel.once('data', resolve));
    expect(greeting.toString()).to.match(/^SSH-2\.0-/);
    expect(kinds()).to.deep.equal(['connected', 'cut', 'reconnected']);
  });

  it('is lost when it does not heal within its budget, and says what the last try saw', async () => {
    const ssh = await connect({ budgetMs: 700 });
    const cutAt = performance.now();
    await relay.refuse();
    await happens('cut');
    const error = await failure(ssh.exec('true', { signal: never }), InfraError);
    expect(performance.now() - cutAt).to.be.within(690, 10_000);
    expect(error.message).to.match(
      /connection lost at 20\S+Z, [\d.]+ s after it was made: .*; not healed in \S+ m?s, \d+ tries, the last: cannot connect to 127.0.0.1 port \d+: connection refused$/,
    );
    expect(error.hint).to.equal('check the port, and that sshd runs on 127.0.0.1');
    expect(error.cause, 'what is behind it, and not the same once more').to.have.property('code', 'ECONNREFUSED');
    expect(scope.signal.reason).to.equal(error);
    expect(ssh.lost.reason).to.equal(error);
    expect(kinds()).to.deep.equal(['connected', 'cut', 'lost']);
    expect(record?.downMs).to.be.at.least(690);
  });

  it('is lost at once, without a try, when nothing may heal', async () => {
    const ssh = await connect({ budgetMs: 0 });
    await relay.refuse();
    await happens('lost');
    expect(await failure(ssh.exec('true', { signal: never }), InfraError)).to.equal(ssh.lost.reason);
    expect(ssh.lost.reason.message).to.not.include('tries');
    expect(ssh.lost.reason)
      .to.have.property('hint')
      .that.matches(/^let it heal with --connection-budget, or /);
    expect(relay.taken).to.equal(1);
  });

  it('is lost without a login to a host with another key, and says whose key was expected', async () => {
    const other = await startSshd();
    try {
      const ssh = await connect({ budgetMs: 30_000 });
      relay.redirect({ host: '127.0.0.1', port: other.port });
      const cutAt = performance.now();
      relay.reset();
      await happens('cut');
      const error = await failure(ssh.exec('true', { signal: never }), InfraError);
      expect(error.message).to.include('has changed').and.to.include('3 tries');
      expect(error.hint).to.include('ssh-keygen -R');
      expect(performance.now() - cutAt).to.be.below(15_000);
      expect(other.log()).to.not.match(/authenticating user|Failed|Accepted|Postponed/);
    } finally {
      await other.close();
    }
  });

  it('is lost soon when the node does not take our key any more', async () => {
    const ssh = await connect({ budgetMs: 30_000 });
    await ssh.exec('true', { signal: never });
    writeFileSync(join(sshd.folder, 'authorized_keys'), '');
    const cutAt = performance.now();
    relay.reset();
    await happens('cut');
    const error = await failure(ssh.exec('true', { signal: never }), InfraError);
    expect(error.message).to.include('the node does not accept us');
    expect(error.hint).to.include('authorized_keys');
    expect(performance.now() - cutAt).to.be.below(15_000);
  });

  it('heals for undoing when the run was stopped during the cut', async () => {
    const stop = new AbortController();
    const run = openScope(() => {}, stop.signal);
    const ssh = await connectSsh(run, throughRelay(sshd, relay));
    const undone: string[] = [];
    run.defer('what was made', 20_000, async (signal) => {
      undone.push((await ssh.exec('echo undone', { signal })).stdout);
    });
    await relay.refuse();
    stop.abort(new Error('stopped by SIGTERM'));
    const closing = run.close();
    await relay.listen();
    expect(await closing).to.deep.equal([]);
    expect(undone).to.deep.equal(['undone\n']);
  });

  it('holds up no undoing when it is lost', async () => {
    const ssh = await connect({ budgetMs: 300 });
    scope.defer('what was made', 60_000, async (signal) => void (await ssh.exec('true', { signal })));
    await relay.refuse();
    await happens('lost');
    const before = performance.now();
    const [finding, ...others] = await scope.close();
    expect(performance.now() - before).to.be.below(5000);
    expect(finding).to.include({ blame: 'infra', where: 'undo what was made' });
    expect(finding?.message).to.include('connection lost at');
    expect(others).to.deep.equal([]);
  });

  it('can be closed while it heals, and leaves no socket, no timer and no try behind', async () => {
    const ssh = await connect();
    relay.swallowNew(true);
    const before = relay.taken;
    relay.reset();
    await until('a try', patience(), async () =>
      relay.taken > before ? { done: true, value: undefined } : { done: false, saw: 'none' },
    );
    const waiting = failure(ssh.exec('true', { signal: never }), InfraError);
    await ssh.close();
    expect((await waiting).message).to.include('the connection is closed');
    await until('no socket', patience(), async () =>
      relay.open === 0 ? { done: true, value: undefined } : { done: false, saw: `${relay.open}` },
    );
    expect(ssh.lost.aborted).to.equal(false);
    expect(scope.signal.aborted).to.equal(false);
    expect(kinds()).to.deep.equal(['connected', 'cut', 'closed']);
    expect(relay.taken).to.equal(before + 1);
  });

  it('tells nothing but its two ends when it holds, with its round trip and its bytes', async () => {
    const ssh = await connect();
    await ssh.exec('head -c 100000 /dev/zero', { signal: never });
    await until('a round trip', patience(), async () => {
      await ssh.exec('true', { signal: never });
      return { done: true, value: undefined };
    });
    await ssh.close();
    expect(kinds()).to.deep.equal(['connected', 'closed']);
    expect(record?.roundTripMs?.median).to.be.greaterThan(0);
    expect(record?.bytesReceived).to.be.greaterThan(100_000);
    expect(record?.bytesSent).to.be.within(1000, 50_000);
  });
});

/** Times are for a person to compare; the machine may be busy. */
function measured(what: string, ms: number): void {
  process.stdout.write(`      ${what}: ${Math.round(ms)} ms\n`);
}
