import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { acquireLease, type LeaseOptions } from '../../harness/kube/lease/acquire.ts';
import type { Lease } from '../../harness/kube/lease/record.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { failure } from '../failure.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { LeaseStore } from './lease-store.ts';

const OURS: LeaseOptions = {
  namespace: 'kube-system',
  holder: 'periodic-sev/1',
  runId: 'run-1',
  link: 'https://prow.example/1',
  durationMs: 1000,
  waitMs: 0,
};
const THEIRS = { ...OURS, holder: 'presubmit-sev/2', runId: 'run-2', link: 'https://prow.example/2' };

describe('the lease', () => {
  let server: ApiServer;
  let scopes: OwnedScope[];
  let events: RunEvent[];
  let store: LeaseStore;

  beforeEach(async () => {
    server = await startApiServer();
    scopes = [];
    events = [];
    store = new LeaseStore();
    server.on(store.handle);
  });
  afterEach(async () => {
    store.isBroken = false;
    for (const scope of scopes.reverse()) await scope.close();
    await server.close();
  });

  function run(): OwnedScope {
    const scope = openScope((event) => void events.push(event));
    scopes.push(scope);
    return scope;
  }
  const take = (scope: OwnedScope, changes: Partial<LeaseOptions> = {}) =>
    acquireLease(scope, openKubeClient(scope, server.opener, server.access), { ...OURS, ...changes });
  const aborted = (scope: OwnedScope) =>
    new Promise<Error>((resolve) => scope.signal.addEventListener('abort', () => resolve(scope.signal.reason)));

  it('is made when there is none, says who holds it, and comes back empty', async () => {
    const scope = run();
    expect(await take(scope)).to.deep.equal({ epoch: 0 });
    expect(store.lock?.spec).to.include({
      holderIdentity: 'periodic-sev/1',
      leaseDurationSeconds: 1,
      leaseTransitions: 0,
    });
    expect(store.lock?.spec?.renewTime).to.match(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/);
    expect(store.lock?.metadata.annotations).to.include({
      'sevlane/run': 'run-1',
      'sevlane/link': 'https://prow.example/1',
    });
    expect(await scope.close()).to.deep.equal([]);
    expect(store.lock?.spec).to.include({ holderIdentity: '', leaseDurationSeconds: 1 });
    expect(store.lock?.metadata.annotations).to.deep.equal({});
  });

  it('is taken at once when the last holder gave it back, in a new epoch', async () => {
    await take(run(), THEIRS);
    await scopes[0]?.close();
    expect(await take(run())).to.deep.equal({ epoch: 1 });
  });

  it('stays with its holder, who is named with time and link', async () => {
    await take(run(), { ...THEIRS, durationMs: 60_000 });
    const error = await failure(take(run()), InfraError);
    expect(error.message).to.match(
      /lease "sevlane" in namespace "kube-system": the cluster is busy: held by presubmit-sev\/2 since 20[^ ]+Z \(https:\/\/prow.example\/2\); waited \d+ ms/,
    );
  });

  it('is waited for, with the holder told, and taken when given back', async () => {
    const first = run();
    await take(first, { ...THEIRS, durationMs: 60_000 });
    const queued = take(run(), { waitMs: 10_000 });
    await until('the wait to be told', patience(run()), async () =>
      events.some((event) => event.type === 'waiting' && event.saw.includes('held by presubmit-sev/2'))
        ? { done: true, value: undefined }
        : { done: false, saw: 'no news' },
    );
    await first.close();
    expect(await queued).to.deep.equal({ epoch: 1 });
  });

  it('is taken from a dead holder only after one whole duration without a change, whatever its clock says', async () => {
    const long = new Date(0).toISOString().replace('Z', '000Z');
    store.write({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'sevlane', namespace: 'kube-system' },
      spec: {
        holderIdentity: 'dead',
        leaseDurationSeconds: 1,
        renewTime: long,
        acquireTime: long,
        leaseTransitions: 7,
      },
    });
    const startedAt = performance.now();
    expect(await take(run(), { waitMs: 60_000 })).to.deep.equal({ epoch: 8 });
    expect(performance.now() - startedAt).to.be.at.least(1000);
  });

  it('is not taken from a holder that renews it', async () => {
    // Long enough that a machine which stands still for a moment does not let it expire.
    await take(run(), { ...THEIRS, durationMs: 4000 });
    const before = store.version;
    await failure(take(run(), { waitMs: 5000 }), InfraError);
    expect(store.version - before).to.be.at.least(2);
    expect(store.lock?.spec?.holderIdentity).to.equal('presubmit-sev/2');
  });

  it('goes to one of many who want it at once', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 5 }, (_, n) => take(run(), { holder: `run/${n}`, runId: `${n}`, durationMs: 60_000 })),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
  });

  it('ends the run when somebody else took it, who is named, and is then left alone', async () => {
    const scope = run();
    await take(scope);
    const ending = aborted(scope);
    store.write({ ...(store.lock as Lease), spec: { ...store.lock?.spec, holderIdentity: 'intruder' } });
    expect((await ending).message).to.match(/lost: held by intruder since/);
    await scope.close();
    expect(store.lock?.spec?.holderIdentity).to.equal('intruder');
  });

  it('survives a change of the object that leaves it ours', async () => {
    const scope = run();
    await take(scope);
    store.write({
      ...(store.lock as Lease),
      metadata: { ...(store.lock as Lease).metadata, labels: { looked: 'at' } },
    });
    const mark = store.version;
    await until('two renewals', patience(scope), async () =>
      store.version >= mark + 2 ? { done: true, value: undefined } : { done: false, saw: `${store.version}` },
    );
    expect(store.lock?.metadata.labels).to.deep.equal({ looked: 'at' });
  });

  it('ends the run when it cannot be renewed before it runs out', async () => {
    const scope = run();
    const durationMs = 4000;
    await take(scope, { durationMs });
    const ending = aborted(scope);
    const startedAt = performance.now();
    store.isBroken = true;
    const reason = await ending;
    expect(reason).to.be.instanceOf(InfraError);
    expect(reason.message).to.match(/lost: not renewed within \d+(\.\d+)? s/);
    expect(performance.now() - startedAt, 'others may take it after that').to.be.below(durationMs);
  });

  it('is renewed while the run undoes its work', async () => {
    const scope = run();
    await take(scope);
    scope.defer('something slow', 5000, async () => {
      const before = store.version;
      await until('a renewal', patience(run()), async () =>
        store.version > before ? { done: true, value: undefined } : { done: false, saw: `${store.version}` },
      );
    });
    scope.abort(new Error('stopped'));
    expect(await scope.close()).to.deep.equal([]);
    expect(store.lock?.spec?.holderIdentity).to.equal('');
  });
});

function patience(scope: OwnedScope) {
  return { scope, withinMs: 4000, everyMs: 20, blame: 'infra' } as const;
}
