import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { LostLease } from '../../harness/errors/errors.ts';
import type { KubeClient } from '../../harness/kube/client.ts';
import { acquireLease, type LeaseOptions } from '../../harness/kube/lease/acquire.ts';
import type { KubeObject } from '../../harness/kube/objects.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { persist } from '../../harness/kube/persist.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { type ApiServer, json, refuse, type Seen, startApiServer } from './api-server.ts';
import { LeaseStore } from './lease-store.ts';
import { openLine } from './line.ts';

const PODS = '/api/v1/namespaces/lane/pods';
const POD: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'lane', labels: { 'sevlane/run': 'run-1' } },
};
const LEASE: LeaseOptions = {
  namespace: 'kube-system',
  holder: 'periodic-sev/1',
  runId: 'run-1',
  durationMs: 90_000,
  waitMs: 0,
};

describe('the fence of a held lease', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  let client: KubeClient;
  let events: RunEvent[];
  let store: LeaseStore;
  /** What this machine's clocks have gained beside the time that passed. */
  let jumped: { monotonicMs: number; wallMs: number };
  const clocks = {
    monotonicMs: () => performance.now() + jumped.monotonicMs,
    wallMs: () => Date.now() + jumped.wallMs,
  };
  const writes = () => server.requests.filter(({ method, path }) => method !== 'GET' && !path.includes('/leases'));
  const take = (changes: Partial<LeaseOptions> = {}) => acquireLease(scope, client, { ...LEASE, clocks, ...changes });

  beforeEach(async () => {
    server = await startApiServer();
    events = [];
    scope = openScope((event) => void events.push(event));
    client = openKubeClient(scope, openLine(scope, server.opener), server.access);
    store = new LeaseStore();
    jumped = { monotonicMs: 0, wallMs: 0 };
    server.on(async (seen, answer) => {
      if (seen.path.includes('/leases')) await store.handle(seen, answer);
      else json(answer, seen.body === '' ? POD : JSON.parse(seen.body));
    });
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
  });

  const annotationsOf = ({ body }: Seen) => (JSON.parse(body) as KubeObject).metadata.annotations ?? {};

  it('writes its epoch on every object of a run that is created, replaced or applied, and on no other', async () => {
    store.write({ ...POD, kind: 'Lease', metadata: { name: 'sevlane' }, spec: { leaseTransitions: 6 } });
    await client.create(PODS, POD);
    await take();
    await client.create(PODS, POD);
    await client.replace(`${PODS}/p`, POD);
    await client.patch(`${PODS}/p`, POD, { type: 'apply' });
    await client.patch(`${PODS}/p`, POD, { type: 'merge' });
    await client.create(PODS, { ...POD, metadata: { name: 'theirs' } });
    expect(annotationsOf(writes()[1] as Seen)['sevlane/lease']).to.equal('kube-system/sevlane');
    expect(writes().map((seen) => annotationsOf(seen)['sevlane/epoch'])).to.deep.equal([
      ...[undefined, '7', '7', '7'],
      ...[undefined, undefined],
    ]);
  });

  it('signs every change, also one that is made of a bare request', async () => {
    await client.request({ method: 'PUT', path: `${PODS}/p/status`, body: POD });
    await client.request({ method: 'DELETE', path: `${PODS}/p` });
    expect(writes().map(({ query }) => query.get('fieldManager'))).to.deep.equal(['sevlane', null]);
  });

  it('tells the server how long a change may take, which is less when the last renewal is old', async () => {
    await take();
    await client.delete(`${PODS}/p`);
    jumped = { monotonicMs: 70_000, wallMs: 0 };
    await client.delete(`${PODS}/p`);
    const [first = 0, second = 0] = writes().map(({ query }) => Number.parseInt(query.get('timeout') ?? '', 10));
    expect(first).to.be.within(25_000, 30_000);
    expect(second).to.be.within(5000, 12_500);
    await client.get(`${PODS}/p`);
    expect(server.requests.at(-1)?.query.get('timeout')).to.equal(null);
  });

  for (const [what, jump] of [
    ['the process stood still', { monotonicMs: 89_000, wallMs: 89_000 }],
    ['the machine slept', { monotonicMs: 0, wallMs: 3_600_000 }],
    ['somebody set the clock back meanwhile', { monotonicMs: 89_000, wallMs: -3_600_000 }],
  ] as const)
    it(`lets no change out after ${what}, and ends the run`, async () => {
      await take();
      jumped = jump;
      const error = await failure(client.create(PODS, POD), LostLease);
      expect(error.message).to.match(
        /^lease "sevlane" in namespace "kube-system": lost: it was last renewed .* ago and lasts 1 m 30 s, so that create pods "p" in namespace "lane" was not sent$/,
      );
      expect(scope.signal.reason).to.equal(error);
      const own = openScope(() => {});
      for (const change of [
        client.delete(`${PODS}/p`, { signal: own.signal }),
        client.websocket(`${PODS}/p/exec`, [], { signal: own.signal }),
      ])
        expect(await failure(change, LostLease)).to.equal(error);
      expect(writes()).to.deep.equal([]);
      expect(server.requests.every(({ path }) => !path.endsWith('/exec'))).to.equal(true);
    });

  it('lets reads, dry runs and questions pass all the same', async () => {
    await take();
    jumped = { monotonicMs: 89_000, wallMs: 89_000 };
    await client.get(`${PODS}/p`);
    await client.create(PODS, POD, { dryRun: true });
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {} };
    await client.create('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review);
    expect(scope.signal.aborted).to.equal(false);
  });

  it('is asked again when a change waited for a connection, and before it is sent once more', async () => {
    await take();
    let tries = 0;
    server.on((_seen, answer) => {
      tries++;
      jumped = { monotonicMs: 89_000, wallMs: 0 };
      answer.setHeader('Retry-After', '0');
      refuse(answer, 429, 'TooManyRequests', 'busy');
    });
    await failure(client.create(PODS, POD), LostLease);
    expect(tries).to.equal(1);
  });

  it('keeps back a change that was waiting for the connection to heal', async () => {
    const line = openLine(scope, server.opener);
    const asked = new EventEmitter();
    const openChannel: typeof line.openChannel = (to) => {
      asked.emit('channel');
      return line.openChannel(to);
    };
    client = openKubeClient(scope, { ...line, openChannel }, server.access);
    await take();
    line.cut();
    const own = openScope(() => {});
    // By then it has passed the fence for the first time.
    const waits = once(asked, 'channel');
    const change = client.create(PODS, POD, { signal: own.signal });
    change.catch(() => {});
    await waits;
    jumped = { monotonicMs: 89_000, wallMs: 0 };
    line.heal();
    await failure(change, LostLease);
    expect(writes()).to.deep.equal([]);
  });

  it('leaves what is in the cluster to the next holder, says so, and lets the rest be undone', async () => {
    const undone: string[] = [];
    scope.defer('remove a file', 1000, async () => void undone.push('file'));
    scope.defer('the pod', 60_000, (_, own) =>
      persist('the pod taken away', { scope: own, client }, async () => {
        undone.push('begun');
        await client.delete(`${PODS}/p`, { signal: own.signal });
      }),
    );
    await take();
    jumped = { monotonicMs: 89_000, wallMs: 0 };
    await failure(client.create(PODS, POD), LostLease);
    expect(await scope.close()).to.deep.equal([]);
    expect(undone).to.deep.equal(['file']);
    const said = events.flatMap((event) => (event.type === 'log' && event.level === 'info' ? [event.message] : []));
    expect(said.join('\n')).to.match(/^the pod: left to the next holder of the lease, who sweeps it: lease "sevlane"/m);
    expect(store.lock?.spec, 'not given back').to.include({ holderIdentity: 'periodic-sev/1' });
  });

  it('stops an undo that is under way when the lease is lost, and tells of the loss', async () => {
    scope.defer('the pod', 60_000, (_, own) =>
      persist('the pod taken away', { scope: own, client }, async () => {
        jumped = { monotonicMs: 89_000, wallMs: 0 };
        await client.delete(`${PODS}/p`, { signal: own.signal });
      }),
    );
    await take();
    scope.abort(new Error('stopped'));
    expect(await scope.close()).to.deep.equal([]);
    expect(writes()).to.deep.equal([]);
    const [trouble] = events.filter((event) => event.type === 'trouble');
    expect(trouble?.finding.message).to.include('lost: it was last renewed');
  });

  for (const stood of [true, false])
    it(`is lost for ${stood ? 'a standstill of the process, not for the cut that it caused' : 'the cut of the line'}`, async () => {
      const line = openLine(scope, server.opener);
      client = openKubeClient(scope, line, server.access);
      await take({ durationMs: 3000 });
      line.cut();
      if (stood) jumped = { monotonicMs: 40_000, wallMs: 40_000 };
      if (!scope.signal.aborted) await once(scope.signal, 'abort');
      const { message } = scope.signal.reason as LostLease;
      expect(message).to.match(
        stood
          ? /not renewed within .*, because this process stood still for \d+(\.\d+)? s \(stopped, or the machine slept\)/
          : /not renewed within .*, because the connection to the node was cut/,
      );
    });

  it('gives up waiting for an answer that would come when the lease is not sure any more', async () => {
    await take({ durationMs: 3000 });
    let held = 0;
    server.on(({ method }, answer) => {
      // Nothing answers any more, the renewals neither.
      if (method === 'GET') return json(answer, POD);
      held++;
    });
    const own = openScope(() => {});
    await failure(client.create(PODS, POD, { signal: own.signal, timeoutMs: 60_000 }), LostLease);
    if (!scope.signal.aborted) await once(scope.signal, 'abort');
    expect(scope.signal.reason).to.be.instanceOf(LostLease);
    expect(held).to.be.at.least(2);
  });
});
