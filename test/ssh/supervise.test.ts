import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { ConnectionCut } from '../../harness/errors/errors.ts';
import type { ConnectionMoment, ConnectionRecord } from '../../harness/model/connection.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { connectSsh, type SshOptions } from '../../harness/ssh/client.ts';
import { failure } from '../failure.ts';
import { type Relay, startRelay } from './relay.ts';
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
  const kinds = () => moments.map(({ kind }) => kind);
  const happens = (kind: ConnectionMoment['kind'], nth = 1) =>
    until(`moment ${kind}`, { scope, withinMs: 20_000, everyMs: 5, blame: 'infra' }, async () => {
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
});

/** Times are for a person to compare; the machine may be busy. */
function measured(what: string, ms: number): void {
  process.stdout.write(`      ${what}: ${Math.round(ms)} ms\n`);
}

function throughRelay(sshd: Sshd, relay: Relay) {
  const knownHosts = `${sshd.knownHosts}_relay`;
  writeFileSync(knownHosts, `[127.0.0.1]:${relay.port} ${readFileSync(sshd.hostKeys.ed25519, 'utf8')}`);
  return sshd.target({ port: relay.port, hostKeys: { knownHostsFiles: [knownHosts] } });
}
