import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { UsageError } from '../../harness/errors/errors.ts';
import { RUN_LABEL } from '../../harness/kube/find-left.ts';
import { acquireLease } from '../../harness/kube/lease/acquire.ts';
import { raiseServerFence } from '../../harness/kube/lease/server-fence.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { type CleanInput, cleanCluster } from '../../harness/tools/clean.ts';
import { compare } from '../../harness/traces/compare.ts';
import { takeSnapshot } from '../../harness/traces/snapshot.ts';
import { inProcess } from '../../providers/mock/api/in-process.ts';
import { sevlane } from '../e2e/cli.ts';
import { openSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const POLICY = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/sevlane-fence-kube-system';
const RUN = { runId: 'none', hasInstalled: true };

describe('sevlane clean', function () {
  this.timeout(60_000);
  let cluster: SimulatedCluster;

  /** As a command: with a client of its own, closed afterwards. */
  const clean = async (values: CleanInput['values'], ask?: CleanInput['surroundings']['ask']) => {
    const scope = openScope(() => {});
    const stdout = new PassThrough();
    const input = {
      values,
      runId: 'cleaner',
      terminal: { stdout },
      own: { environment: { USER: 'ann' }, pid: 7 },
      surroundings: ask === undefined ? {} : { ask },
    } as unknown as CleanInput;
    try {
      const code = await cleanCluster(scope, cluster.newClient(scope), input);
      return { code, said: String(stdout.read() ?? '') };
    } finally {
      expect(await scope.close()).to.deep.equal([]);
    }
  };
  const refusal = async (work: Promise<unknown>): Promise<string> =>
    await work.then(
      () => expect.fail('it succeeded'),
      (error: Error) => error.message,
    );
  const look = () => takeSnapshot(cluster.client, { signal: cluster.scope.signal });
  const plant = (name: string, run?: string) =>
    inProcess(cluster.host.api)('kubernetes-admin').request({
      method: 'POST',
      path: MAPS,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(run && { labels: { [RUN_LABEL]: run } }) } },
    });
  const names = async () => {
    const { items } = await cluster.client.list(MAPS);
    return items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt');
  };

  beforeEach(async () => {
    cluster = await openSimulatedCluster();
    await plant('theirs');
    await plant('of-a', 'run-a');
    await plant('of-b', 'run-b');
  });
  afterEach(() => cluster.close());

  it('with --dry-run lists what each run left and changes nothing', async () => {
    const before = await look();
    const { code, said } = await clean({ 'dry-run': true });
    expect(code).to.equal(0);
    expect(said).to.match(/^run run-a.*, 1 object\n {2}configmaps "default\/of-a"\nrun run-b/);
    expect(said).not.to.contain('theirs');
    expect(compare(before, await look(), RUN)).to.deep.equal([]);
  });

  it('with --run takes away what that run left, without it what all left, and never what is nobody of ours', async () => {
    expect((await clean({ run: 'run-a' })).said).to.match(/taken away: 1 object of earlier runs\n$/);
    expect(await names()).to.have.members(['of-b', 'theirs']);
    await clean({});
    expect(await names()).to.deep.equal(['theirs']);
    expect((await clean({})).said).to.equal('nothing is left of earlier runs\n');
  });

  it('with --run of a run that left nothing says so, and names those that did', async () => {
    const error = (await clean({ run: 'nope' }).catch((thrown: unknown) => thrown)) as UsageError;
    expect(error.blame).to.equal('usage');
    expect(error.message).to.equal('sevlane clean --run nope: no run of this name left anything here');
    expect(error.hint).to.equal('these did: run-a, run-b');
  });

  it('waits for its turn as a run does: who has the lease is named, and nothing is changed', async () => {
    const held = {
      namespace: 'kube-system',
      holder: 'prow job-1/100',
      runId: 'nightly',
      waitMs: 0,
      durationMs: 60_000,
    };
    await acquireLease(cluster.scope, cluster.client, held);
    expect(await refusal(clean({}))).to.contain('prow job-1/100');
    expect(await names()).to.have.members(['of-a', 'of-b', 'theirs']);
  });

  it('with --all asks first, and takes any other word than yes for a no', async () => {
    const asked: string[] = [];
    const answer = (word: string) => async (question: string) => {
      asked.push(question);
      return word;
    };
    expect(await refusal(clean({ all: true }, answer('y')))).to.contain('not confirmed, nothing was changed');
    expect(await names()).to.have.members(['of-a', 'of-b', 'theirs']);
    expect((await clean({ all: true }, answer('yes'))).code).to.equal(0);
    expect(asked).to.have.length(2);
    expect(await names()).to.deep.equal(['theirs']);
  });

  it('with --all takes the fence and the places in the queue away too, which stay otherwise', async () => {
    const run = openScope(() => {});
    const client = cluster.newClient(run);
    const own = { namespace: 'kube-system', holder: 'a run', runId: 'run-c', waitMs: 0, durationMs: 60_000 };
    await acquireLease(run, client, own);
    await raiseServerFence(run, client, 'run-c');
    await run.close();
    const place = { name: 'sevlane-waiting-dead', namespace: 'kube-system', labels: { 'sevlane/queue': 'sevlane' } };
    const spec = { holderIdentity: 'dead', leaseDurationSeconds: 1 };
    const there = async (path: string) => (await cluster.client.find(path)) !== undefined;
    await cluster.client.create(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: place, spec });
    await clean({});
    expect(await there(POLICY)).to.equal(true);
    await clean({ all: true, yes: true });
    expect(await there(POLICY)).to.equal(false);
    expect(await there(POLICY.replace('policies/', 'policybindings/'))).to.equal(false);
    expect(await there(`${LEASES}/sevlane-waiting-dead`)).to.equal(false);
    expect(await there(`${LEASES}/sevlane`)).to.equal(true);
  });

  it('refuses --all without a yes and without anybody to ask, before it looks for a node', async () => {
    const { exitCode, stderr } = await sevlane(['clean', '--all', '--provider', 'mock']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('sevlane clean --all: nobody can be asked whether that is meant');
    expect(stderr).to.contain('--dry-run');
  });
});
