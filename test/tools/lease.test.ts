import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { LostLease } from '../../harness/errors/errors.ts';
import type { KubeClient } from '../../harness/kube/client.ts';
import { connectCluster } from '../../harness/kube/connect.ts';
import { acquireLease } from '../../harness/kube/lease/acquire.ts';
import { newLease } from '../../harness/kube/lease/record.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { type Sim, sevlane, startSim } from '../e2e/cli.ts';
import { needTerminal, sitDown } from '../terminal.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const NIGHTLY = {
  ...{ namespace: 'kube-system', holder: 'prow periodic-sev job-1/100', runId: 'nightly', waitMs: 60_000 },
  ...{ link: 'https://prow.example/100', purpose: 'sev on KubeVirt v1.9.0' },
};

describe('sevlane lease', function () {
  this.timeout(60_000);
  let sim: Sim;
  let folder: string;
  let scope: OwnedScope;
  let client: KubeClient;

  before(async () => {
    sim = await startSim();
    folder = await mkdtemp(join(tmpdir(), 'sevlane-lease-'));
  });
  after(async () => {
    await sim.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    ({ scope, client } = await reach());
  });
  afterEach(async () => {
    await scope.close();
    const { scope: last, client: eraser } = await reach();
    await eraser.delete(`${LEASES}/sevlane`);
    await last.close();
  });

  async function reach() {
    const own = openScope(() => {});
    const runDir = join(folder, String(Math.random()));
    const cluster = await connectCluster(own, undefined, {
      kubeconfig: { kind: 'file', path: sim.kubeconfig },
      runDir,
    });
    return { scope: own, client: cluster.client };
  }
  const lease = (...words: readonly string[]) =>
    sevlane(['lease', ...words, '--provider', 'external', '--kubeconfig', sim.kubeconfig], { cwd: folder });

  it('shows who has the cluster, that it lives, and who waits', async () => {
    await acquireLease(scope, client, { ...NIGHTLY, durationMs: 6000 });
    const other = await reach();
    const waiting = { ...NIGHTLY, holder: 'ann@desk pid 42', runId: 'ann', link: undefined, durationMs: 6000 };
    const queued = acquireLease(other.scope, other.client, { ...waiting, priority: 'presubmit' });
    queued.catch(() => {});
    const limits = { scope, withinMs: 10_000, everyMs: 50, blame: 'infra' } as const;
    await until('the place in the queue', limits, async () =>
      (await client.find(`${LEASES}/sevlane-waiting-ann`)) === undefined
        ? { done: false, saw: 'none' }
        : { done: true, value: undefined },
    );
    const { exitCode, stdout } = await lease('show');
    expect(stdout).to.match(
      new RegExp(
        [
          '^lease "sevlane" in namespace "kube-system"',
          ' {2}held by {3}prow periodic-sev job-1/100',
          ' {2}since {5}20\\S+Z',
          ' {2}runs {6}sev on KubeVirt v1\\.9\\.0',
          ' {2}run {7}nightly',
          ' {2}link {6}https://prow\\.example/100',
          ' {2}renewed {3}20\\S+Z',
          ' {2}alive {5}yes: it was renewed while we looked',
          ' {2}epoch {5}0',
          ' {2}queue {5}1\\. ann@desk pid 42, presubmit, since 20\\S+Z, sev on KubeVirt v1\\.9\\.0$',
        ].join('\n'),
      ),
    );
    expect(exitCode).to.equal(0);
    const told = JSON.parse((await lease('show', '--json')).stdout);
    expect(told).to.include({ held: true, holder: NIGHTLY.holder, link: NIGHTLY.link, run: 'nightly', alive: true });
    expect(told.queue).to.have.length(1);
    expect(told.queue[0]).to.include({ holder: 'ann@desk pid 42', priority: 'presubmit', run: 'ann' });
    await scope.close();
    await queued;
    await other.scope.close();
    expect((await lease('show')).stdout).to.match(/^ {2}free {6}given back 20\S+Z\n {2}epoch {5}1$/m);
  });

  it('tells a holder that died, by our own clock', async () => {
    const future = new Date(Date.now() + 3_600_000);
    await client.create(LEASES, newLease('kube-system', 'sevlane', { ...NIGHTLY, durationMs: 3000 }, future));
    const { stdout } = await lease('show');
    expect(stdout).to.match(
      /alive +it seems dead: no sign of life in 1\.\d s; whoever waits may take it in \S+ s? ?more/,
    );
  });

  it('throws out a holder only when that is meant, says who it was, and a living one finds it lost', async () => {
    expect((await lease('show')).stdout).to.include('free      nobody ever held it');
    await acquireLease(scope, client, { ...NIGHTLY, durationMs: 6000 });
    const [bare, unasked] = [await lease('release'), await lease('release', '--force')];
    expect([bare.exitCode, unasked.exitCode]).to.deep.equal([2, 2]);
    expect(bare.stderr).to.include('to throw out one that does not, write sevlane lease release --force');
    expect(unasked.stderr).to.include('nobody can be asked whether that is meant');
    expect(scope.signal.aborted).to.equal(false);
    const lost = once(scope.signal, 'abort');
    const { exitCode, stdout } = await lease('release', '--force', '--yes');
    expect(stdout).to.match(
      /^lease "sevlane" in namespace "kube-system": thrown out: prow periodic-sev job-1\/100 since 20\S+Z \(https:\/\/prow\.example\/100\); if it lives it finds its lease lost within 1\.0 s, /,
    );
    expect(exitCode).to.equal(0);
    await lost;
    expect(scope.signal.reason).to.be.instanceOf(LostLease);
    expect(scope.signal.reason.message).to.include('lost: somebody took it from us');
    expect((await lease('release', '--force', '--yes')).stdout).to.include('is free: there is nobody to throw out');
    expect((await lease('show')).stdout, 'the epoch of the one thrown out is over').to.match(/epoch +1$/m);
  });

  it('asks a person at a terminal, and takes nothing but yes for a yes', async function () {
    needTerminal(this);
    await acquireLease(scope, client, { ...NIGHTLY, durationMs: 30_000 });
    const words = ['lease', 'release', '--force', '--provider', 'external', '--kubeconfig', sim.kubeconfig];
    for (const [answer, code, shown] of [
      ['y', 2, 'not confirmed, nothing was changed'],
      ['yes', 0, 'thrown out: prow periodic-sev job-1/100'],
    ] as const) {
      const sitting = await sitDown(words);
      await sitting.shows(/throw out prow periodic-sev job-1\/100 since \S+ \(\S+\)\? .*Type yes: /);
      expect(scope.signal.aborted).to.equal(false);
      sitting.type(`${answer}\r`);
      await sitting.shows(shown);
      expect(await sitting.ended()).to.equal(code);
    }
  });

  it('knows no other words', async () => {
    const { exitCode, stderr } = await lease('steal');
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('"steal" is not known');
  });
});
