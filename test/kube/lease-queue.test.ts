import { once } from 'node:events';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError, LostLease } from '../../harness/errors/errors.ts';
import type { KubeClient } from '../../harness/kube/client.ts';
import { acquireLease, type LeaseOptions } from '../../harness/kube/lease/acquire.ts';
import { waitingLease } from '../../harness/kube/lease/queue-record.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { failure } from '../failure.ts';
import { type ApiServer, json, refuse, type Seen, startApiServer } from './api-server.ts';
import { LeaseStore } from './lease-store.ts';

const MAPS = '/api/v1/namespaces/lane/configmaps';

/** A run as the others see it. */
interface Contender {
  readonly scope: OwnedScope;
  readonly client: KubeClient;
  readonly taken: Promise<unknown>;
  /** Changes something in the cluster. */
  write(): Promise<unknown>;
  /** What it was told while it waited. */
  readonly saw: readonly string[];
}

describe('runs that want the same cluster', () => {
  let server: ApiServer;
  let store: LeaseStore;
  let contenders: Contender[];
  let refusal: ((seen: Seen) => boolean) | undefined;
  /** Who changed something, in the order in which it arrived. */
  const arrived = () => server.requests.filter(({ path }) => path === MAPS).map(({ body }) => JSON.parse(body).data.by);
  const watch = openScope(() => {});
  const see = (goal: string, isThere: () => boolean) =>
    until(goal, { scope: watch, withinMs: 20_000, everyMs: 10, blame: 'infra' }, async () =>
      isThere() ? { done: true, value: undefined } : { done: false, saw: JSON.stringify([...store.leases]) },
    );

  beforeEach(async () => {
    server = await startApiServer();
    store = new LeaseStore();
    contenders = [];
    refusal = undefined;
    server.on(async (seen, answer) => {
      if (refusal?.(seen)) refuse(answer, 403, 'Forbidden', 'not allowed');
      else if (seen.path.includes('/leases')) await store.handle(seen, answer);
      else json(answer, JSON.parse(seen.body), 201);
    });
  });
  afterEach(async () => {
    store.isBroken = false;
    store.holdBack = undefined;
    for (const { scope } of contenders) await scope.close(1000);
    await server.close();
  });

  function want(name: string, changes: Partial<LeaseOptions> = {}): Contender {
    const saw: string[] = [];
    const scope = openScope((event: RunEvent) => event.type === 'waiting' && saw.push(event.saw));
    const client = openKubeClient(scope, server.opener, server.access);
    const own = { namespace: 'kube-system', holder: name, runId: name, durationMs: 2000, waitMs: 60_000 };
    const taken = acquireLease(scope, client, { ...own, ...changes });
    taken.catch(() => {});
    const { signal } = openScope(() => {});
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'm-' }, data: { by: name } };
    const contender = { scope, client, taken, saw, write: () => client.create(MAPS, object, { signal }) };
    contenders.push(contender);
    return contender;
  }
  /** Looks once a second: the order may not depend on how busy this machine is. */
  const UNHURRIED = { durationMs: 10_000 };
  const announced = (name: string) =>
    see(`${name} to queue`, () => store.waiting().includes(`sevlane-waiting-${name}`));
  /** Takes its turn, does some work and gives the cluster back. */
  const turn = async ({ taken, write, scope }: Contender) => {
    await taken;
    for (let times = 0; times < 3; times++) await write();
    await scope.close();
  };

  for (const count of [2, 5])
    it(`have it one after the other, ${count} of them, whatever their clocks say`, async () => {
      const names = Array.from({ length: count }, (_, n) => `run-${n}`);
      const skewed = (hours: number) => ({
        monotonicMs: () => performance.now() + hours * 1000,
        wallMs: () => Date.now() + hours * 3_600_000,
      });
      await Promise.all(names.map((name, n) => turn(want(name, { clocks: skewed((n % 3) - 1) }))));
      const turns = store.holders.filter((holder) => holder !== '');
      expect([...turns].sort()).to.deep.equal(names);
      expect(arrived()).to.deep.equal(turns.flatMap((holder) => [holder, holder, holder]));
      expect(store.waiting(), 'left in the queue').to.deep.equal([]);
    });

  it('get it in the order in which they came, and are told their place and who holds it', async () => {
    const first = want('first', { link: 'https://prow.example/1' });
    await first.taken;
    const others: Contender[] = [];
    for (const name of ['second', 'third', 'fourth']) {
      others.push(want(name, UNHURRIED));
      await announced(name);
    }
    await see('the place to be told', () => others[2]?.saw.some((each) => each.includes('number 3 of 3')) === true);
    expect(others[2]?.saw.join('\n')).to.match(
      /^held by first since 20\S+Z \(https:\/\/prow\.example\/1\); number 3 of 3 in the queue, after third$/m,
    );
    await see(
      'the first place',
      () => others[0]?.saw.some((each) => each.endsWith('; first of 3 in the queue')) === true,
    );
    await Promise.all([first, ...others].map(turn));
    expect(store.holders.filter((holder) => holder !== '')).to.deep.equal(['first', 'second', 'third', 'fourth']);
  });

  it('let those pass whose result others wait for', async () => {
    const first = want('first');
    await first.taken;
    const others: Contender[] = [];
    for (const [name, priority] of [
      ['laptop', 'developer'],
      ['nightly', 'periodic'],
      ['pull', 'presubmit'],
      ['pull-2', 'presubmit'],
    ] as const) {
      others.push(want(name, { ...UNHURRIED, priority }));
      await announced(name);
    }
    await Promise.all([first, ...others].map(turn));
    expect(store.holders.filter((holder) => holder !== '')).to.deep.equal([
      ...['first', 'pull', 'pull-2', 'nightly', 'laptop'],
    ]);
  });

  it('are not kept by one that died at the head of the queue, whose place is taken away', async () => {
    const dead = { holder: 'dead', runId: 'dead', durationMs: 2000, priority: 'presubmit' } as const;
    store.write(waitingLease('kube-system', 'sevlane', dead, new Date()));
    const first = want('first');
    await first.taken;
    const second = want('second');
    await announced('second');
    await first.scope.close();
    await second.taken;
    await see('the sweep', () => store.waiting().length === 0);
    expect(store.lock?.spec?.holderIdentity).to.equal('second');
  });

  it('leave the queue when they give up or are stopped', async () => {
    const first = want('first', { durationMs: 60_000 });
    await first.taken;
    const hasty = want('hasty', { waitMs: 300 });
    const error = await failure(hasty.taken, InfraError);
    expect(error.message).to.match(/: the cluster is busy: held by first since [^;]+; waited /);
    const stopped = want('stopped');
    await announced('stopped');
    stopped.scope.abort(new Error('stopped by SIGTERM'));
    await failure(stopped.taken, Error);
    expect(await hasty.scope.close()).to.deep.equal([]);
    expect(await stopped.scope.close()).to.deep.equal([]);
    expect(store.waiting()).to.deep.equal([]);
  });

  it('wait on through a restart of the api server', async () => {
    const first = want('first');
    await first.taken;
    const second = want('second');
    await announced('second');
    store.isBroken = true;
    await see('the trouble to be told', () => second.saw.some((each) => each.includes('etcd is gone')));
    store.isBroken = false;
    await first.scope.close();
    await second.taken;
  });

  it('wait without a place when they may not write one', async () => {
    refusal = ({ method, body }) => method === 'POST' && body.includes('sevlane-waiting-');
    const first = want('first');
    await first.taken;
    const second = want('second');
    await see('the wait to be told', () => second.saw.length > 0);
    await first.scope.close();
    await second.taken;
  });

  it('take over from one that stands still, whose writes do not come any more when it goes on', async () => {
    const gained = { ms: 0 };
    const clocks = { monotonicMs: () => performance.now() + gained.ms, wallMs: () => Date.now() };
    const first = want('first', { clocks });
    await first.taken;
    await first.write();
    // Standing still: nothing that it sends gets through, and it does not know of the time that goes by.
    let goOn = () => {};
    const standing = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    store.holdBack = ({ body }) => (body.includes('"first"') ? standing : undefined);
    const second = want('second');
    await second.taken;
    gained.ms = 60_000;
    await failure(first.write(), LostLease);
    await second.write();
    goOn();
    if (!first.scope.signal.aborted) await once(first.scope.signal, 'abort');
    await failure(first.write(), LostLease);
    expect(arrived()).to.deep.equal(['first', 'second']);
    expect(store.holders).to.deep.equal(['first', 'second']);
  });

  it('count from when a renewal was sent, not from when its late answer came', async () => {
    const first = want('first', { durationMs: 3000 });
    await first.taken;
    // Each answer takes most of the time between two renewals.
    store.holdBack = ({ method, path }) =>
      method === 'PUT' && path.endsWith('/sevlane') ? new Promise((resolve) => setTimeout(resolve, 400)) : undefined;
    const before = store.version;
    await see('renewals', () => store.version >= before + 3);
    await first.write();
    const timeout = server.requests.at(-1)?.query.get('timeout') ?? '';
    expect(Number.parseInt(timeout, 10)).to.be.below(3000 * (11 / 12) - 400 + 50);
    expect(first.scope.signal.aborted).to.equal(false);
  });

  for (const isFirst of [true, false])
    for (const isLost of ['the answer', 'the request'] as const)
      it(`leave nothing held when they are stopped while ${isLost} of their ${isFirst ? 'creating' : 'taking'} it is on its way`, async () => {
        if (!isFirst) await turn(want('earlier'));
        let comes = () => {};
        const coming = new Promise<void>((resolve) => {
          comes = resolve;
        });
        const isTake = ({ method, body }: Seen) => method !== 'GET' && body.includes('"holderIdentity":"stopped"');
        let sent = false;
        store.holdBack = (seen) => {
          if (!isTake(seen) || sent) return undefined;
          sent = true;
          return isLost === 'the request' ? coming : undefined;
        };
        store.loseAnswer = (seen) => isTake(seen);
        const stopped = want('stopped', { durationMs: 60_000 });
        await see('the try', () => sent);
        stopped.scope.abort(new Error('stopped by SIGTERM'));
        await failure(stopped.taken, Error);
        expect(await stopped.scope.close()).to.deep.equal([]);
        // Now it arrives after all.
        comes();
        const next = want('next', { waitMs: 0 });
        await next.taken;
        expect(store.lock?.spec?.holderIdentity).to.equal('next');
      });
});
