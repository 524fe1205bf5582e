import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError, LostLease } from '../../harness/errors/errors.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { settingsOfHost } from '../../providers/external/boskos/host-settings.ts';
import { type HostWish, lendFromBoskos } from '../../providers/external/boskos/lend.ts';
import { externalProvider } from '../../providers/external/provider.ts';
import { failure } from '../failure.ts';
import { type BoskosServer, startBoskos } from './boskos-server.ts';

const TYPE = 'sev-milan';
const QUICK = { askEveryMs: 10, beatEveryMs: 15, patienceMs: 100_000 };
const SLOW = { ...QUICK, beatEveryMs: 100_000 };

describe('a host that Boskos lends', () => {
  let boskos: BoskosServer;
  let events: RunEvent[];
  let scope: OwnedScope;

  beforeEach(async () => {
    boskos = await startBoskos();
    events = [];
    scope = openScope((event) => events.push(event));
  });
  afterEach(async () => {
    await scope.close();
    await boskos.close();
  });

  const wish = (changes: Partial<HostWish> = {}): HostWish => ({
    url: boskos.url,
    type: TYPE,
    owner: 'prow job-a 1/2',
    waitMs: 30_000,
    ...changes,
  });
  const states = () => boskos.resources.map(({ name, state, owner }) => `${name} ${state} ${owner}`.trim());
  const aborted = () =>
    new Promise<Error>((done) => {
      if (scope.signal.aborted) done(scope.signal.reason);
      scope.signal.addEventListener('abort', () => done(scope.signal.reason), { once: true });
    });

  it('is busy under our name while it is used, and free again afterwards, last of all', async () => {
    boskos.add({ type: 'other', name: 'not-this' });
    boskos.add({ type: TYPE, name: 'milan-1', userdata: { ssh: 'root@milan-1' } });
    const resource = await lendFromBoskos(scope, wish(), SLOW);
    expect(resource).to.deep.equal({ name: 'milan-1', userData: { ssh: 'root@milan-1' } });
    expect(states()).to.deep.equal(['not-this free', 'milan-1 busy prow job-a 1/2']);
    let during: readonly string[] = [];
    scope.defer('guest', 1000, async () => {
      during = states();
    });
    expect(await scope.close()).to.deep.equal([]);
    expect(during).to.deep.equal(['not-this free', 'milan-1 busy prow job-a 1/2']);
    expect(states()).to.deep.equal(['not-this free', 'milan-1 free']);
  });

  for (const [how, leave] of [
    ['an undo failed', () => scope.defer('KubeVirt', 1000, async () => Promise.reject(new InfraError('stays')))],
    ['an undo was left to the next holder', () => scope.defer('x', 1000, () => Promise.reject(new LostLease('gone')))],
    ['something was left knowingly', () => scope.emit({ type: 'traces', traces: { left: ['kubevirts "k/k"'] } })],
    [
      'something of ours is found',
      () =>
        scope.emit({
          type: 'traces',
          traces: { differences: [{ how: 'added', what: 'pods "a/b"', fields: [], whose: 'ours' }] },
        }),
    ],
    [
      'a case of its own could not be undone',
      async () => {
        const child = scope.child();
        child.defer('guest', 1000, async () => Promise.reject(new InfraError('stays')));
        await child.close();
      },
    ],
  ] as const) {
    it(`is given back as dirty when ${how}`, async () => {
      boskos.add({ type: TYPE, name: 'milan-1' });
      await lendFromBoskos(scope, wish(), SLOW);
      await leave();
      await scope.close();
      expect(states()).to.deep.equal(['milan-1 dirty']);
    });
  }

  it("is given back as free when only others' things differ", async () => {
    boskos.add({ type: TYPE, name: 'milan-1' });
    await lendFromBoskos(scope, wish(), SLOW);
    const difference = { how: 'added', what: 'pods "a/b"', fields: [], whose: "others'" } as const;
    scope.emit({ type: 'traces', traces: { differences: [difference], left: [] } });
    await scope.close();
    expect(states()).to.deep.equal(['milan-1 free']);
  });

  it('is waited for in the order of asking, and it is said who holds what', async () => {
    const held = boskos.add({ type: TYPE, name: 'milan-1', state: 'busy', owner: 'prow job-b 7/8' });
    boskos.add({ type: TYPE, name: 'milan-2', state: 'dirty' });
    const other = openScope(() => {});
    const first = lendFromBoskos(scope, wish(), SLOW);
    await boskos.saw('metric', 200);
    const second = lendFromBoskos(other, wish({ owner: 'prow job-c 9/9' }), SLOW);
    await boskos.saw('acquire', 404);
    const ids = new Set(
      boskos.asked.filter(({ path }) => path === 'acquire').map(({ parameters }) => parameters.request_id),
    );
    Object.assign(held, { state: 'free', owner: '' });
    expect((await first).name).to.equal('milan-1');
    expect(states()[0]).to.equal('milan-1 busy prow job-a 1/2');
    await scope.close();
    expect((await second).name).to.equal('milan-1');
    await other.close();
    expect(ids).to.not.include(undefined);
    const waits = events.filter((event) => event.type === 'waiting');
    expect(waits[0]).to.deep.include({ goal: 'a free host of type sev-milan at Boskos', withinMs: 30_000 });
    expect(waits[0]?.saw).to.equal(
      'none is free: 1 busy, 1 dirty, held by prow job-b 7/8; our place in the queue is not told',
    );
  });

  it('is not waited for any longer than was said, with what was seen last', async () => {
    boskos.add({ type: TYPE, name: 'milan-1', state: 'busy', owner: 'somebody' });
    const error = await failure(lendFromBoskos(scope, wish({ waitMs: 60 }), SLOW), InfraError);
    expect(error.message).to.match(/^a free host of type sev-milan at Boskos: not within .*held by somebody/);
    expect(error.hint).to.match(/--lease-wait/);
    await scope.close();
    expect(states()).to.deep.equal(['milan-1 busy somebody']);
  });

  it('is not asked for twice when Boskos knows no such type, or refuses', async () => {
    const unknown = await failure(lendFromBoskos(scope, wish(), SLOW), InfraError);
    expect(unknown.message).to.equal(`Boskos ${boskos.url} knows no resource of type "sev-milan"`);
    boskos.fail(403);
    const refused = await failure(lendFromBoskos(scope, wish(), SLOW), InfraError);
    expect(refused.message).to.equal(`Boskos ${boskos.url}: acquire: refused: 403 not now`);
  });

  it('of a type that is made when asked for comes with the second question', async () => {
    const asked = lendFromBoskos(scope, wish(), { ...SLOW, askEveryMs: 50 });
    await boskos.saw('acquire', 404);
    boskos.add({ type: TYPE, name: 'made-1' });
    expect((await asked).name).to.equal('made-1');
  });

  it('is asked for again when Boskos hangs up or is not ready, and not for ever', async () => {
    boskos.add({ type: TYPE, name: 'milan-1' });
    boskos.fail('hang up', 'hang up', 503);
    expect((await lendFromBoskos(scope, wish(), SLOW)).name).to.equal('milan-1');
    await scope.close();
    boskos.fail('hang up', 'hang up', 'hang up');
    const error = await failure(lendFromBoskos(scope, wish(), SLOW), InfraError);
    expect(error.message).to.match(/^Boskos http:\S+: acquire: (other side closed|socket|read ECONNRESET)/);
    expect(error.hint).to.match(/--boskos/);
  });

  it('that was granted by an answer that got lost is told as held by us, and another one is waited for', async () => {
    boskos.add({ type: TYPE, name: 'milan-1' });
    boskos.loseAnswer();
    const asked = lendFromBoskos(scope, wish(), SLOW);
    await boskos.saw('metric', 200);
    boskos.add({ type: TYPE, name: 'milan-2' });
    expect((await asked).name).to.equal('milan-2');
    const saw = events.flatMap((event) => (event.type === 'waiting' ? [event.saw] : []));
    expect(saw.join()).to.match(/held by prow job-a 1\/2 \(us: an answer that got lost/);
  });

  it('is given back also when the run is stopped while the question is on its way', async () => {
    boskos.add({ type: TYPE, name: 'milan-1' });
    const asked = lendFromBoskos(scope, wish(), SLOW);
    scope.abort(new InfraError('stopped'));
    await failure(asked, InfraError);
    await scope.close();
    expect(boskos.asked.map(({ path }) => path)).to.include('release');
    expect(states()).to.deep.equal(['milan-1 free']);
  });

  it('is heard of again and again, which keeps its user data', async () => {
    const userdata = { ssh: 'root@milan-1', rack: '7' };
    const entry = boskos.add({ type: TYPE, name: 'milan-1', userdata: { ...userdata } });
    await lendFromBoskos(scope, wish(), QUICK);
    await boskos.saw('update', 200);
    boskos.fail(500, 'hang up');
    await boskos.saw('update', 0);
    expect(scope.signal.aborted).to.equal(false);
    await scope.close();
    expect(entry.userdata).to.deep.equal(userdata);
    expect(states()).to.deep.equal(['milan-1 free']);
  });

  for (const [how, take, told] of [
    [
      'somebody else owns it',
      (b: BoskosServer) => Object.assign(b.resources[0] ?? {}, { owner: 'somebody' }),
      /401 .*owned by somebody/,
    ],
    [
      'its state was changed',
      (b: BoskosServer) => Object.assign(b.resources[0] ?? {}, { state: 'cleaning' }),
      /409 .*state mismatch/,
    ],
    ['the reaper took it', (b: BoskosServer) => b.reap('milan-1'), /401 .*owner mismatch/],
    ['it is not known any more', (b: BoskosServer) => b.resources.splice(0), /404 /],
  ] as const) {
    it(`that was taken away stops the run as infra and is left alone: ${how}`, async () => {
      boskos.add({ type: TYPE, name: 'milan-1' });
      await lendFromBoskos(scope, wish(), QUICK);
      take(boskos);
      const before = states();
      const reason = await aborted();
      expect(reason).to.be.instanceOf(InfraError);
      expect(reason.message)
        .to.match(/^host "milan-1" of Boskos was taken away: /)
        .and.to.match(told);
      expect(await scope.close()).to.deep.equal([]);
      expect(boskos.asked.map(({ path }) => path)).to.not.include('release');
      expect(states()).to.deep.equal(before);
    });
  }

  it('that Boskos does not hear of any more stops the run when its patience is over', async () => {
    boskos.add({ type: TYPE, name: 'milan-1' });
    await lendFromBoskos(scope, wish(), { ...QUICK, patienceMs: 20 });
    boskos.fail(...Array.from({ length: 200 }, () => 503));
    expect((await aborted()).message).to.match(/^host "milan-1" of Boskos: no heartbeat was taken for .*: not now/);
  });

  it('that cannot be given back is a trouble of the run', async () => {
    boskos.add({ type: TYPE, name: 'milan-1' });
    await lendFromBoskos(scope, wish(), SLOW);
    boskos.fail(500, 500, 500);
    const [finding] = await scope.close();
    expect(finding).to.deep.include({ blame: 'infra', where: 'undo host of Boskos' });
    expect(finding?.message).to.match(/not given back: 500 not now/);
  });

  it('that does not take it at once gets it with the next try', async () => {
    boskos.add({ type: TYPE, name: 'milan-1' });
    await lendFromBoskos(scope, wish(), SLOW);
    boskos.fail('hang up', 503);
    expect(await scope.close()).to.deep.equal([]);
    expect(states()).to.deep.equal(['milan-1 free']);
  });

  describe('tells in its user data where it is', () => {
    const settings = async (userData: Readonly<Record<string, string>>, values = {}) =>
      await settingsOfHost(scope, { name: 'milan-1', userData }, values);

    it('in the words of the settings, in place of what was set for all', async () => {
      const given = { 'ssh-key': ['/k'], kubeconfig: '/all', 'ssh-known-hosts': ['/all-hosts'] };
      const told = await settings(
        {
          ssh: 'root@milan-1:2222',
          'ssh-jump': 'gate',
          'ssh-known-hosts': 'milan-1 ssh-ed25519 AAAA',
          kubeconfig: 'node:/root/admin.conf',
          'kube-context': 'lab',
          node: 'amd1',
          rack: '7',
        },
        given,
      );
      expect(told).to.deep.include({
        ssh: { user: 'root', host: 'milan-1', port: 2222 },
        'ssh-jump': [{ host: 'gate' }],
        'ssh-key': ['/k'],
        kubeconfig: 'node:/root/admin.conf',
        'kube-context': 'lab',
        node: 'amd1',
      });
      const [file = '', ...others] = told['ssh-known-hosts'] as string[];
      expect(others).to.deep.equal(['/all-hosts']);
      expect(readFileSync(file, 'utf8')).to.equal('milan-1 ssh-ed25519 AAAA\n');
      await scope.close();
      expect(() => readFileSync(file)).to.throw(/ENOENT/);
    });

    it('or every mistake in it is told', async () => {
      const error = await failure(
        settings({ address: '10.0.0.1', 'ssh-host-key': 'abc', kubeconfig: 'admin.conf' }),
        InfraError,
      );
      expect(error.message)
        .to.match(/^user data of host "milan-1" of Boskos: /)
        .and.to.match(/has no key ssh, which says where the host is, but address/)
        .and.to.match(/ssh-host-key: "abc" is not the SHA-256 fingerprint/)
        .and.to.match(/kubeconfig: "admin\.conf" is neither/);
      expect(error.hint).to.match(/docs\/fleets\.md/);
    });
  });

  describe('in the settings of the external provider', () => {
    const problems = async (values: Readonly<Record<string, unknown>>) =>
      (await externalProvider.check(values)).map(({ place, problem }) => `${place}: ${problem}`);

    it('goes with a type, and with no node that is named', async () => {
      expect(await problems({ boskos: 'http://b', 'boskos-type': TYPE })).to.deep.equal([]);
      expect(await problems({ boskos: 'http://b' })).to.deep.equal([
        '--boskos: lends hosts, but it is not said of which type',
      ]);
      expect(await problems({ 'boskos-type': TYPE })).to.deep.equal([
        '--boskos-type: asks for a host, but no Boskos is named',
      ]);
      expect(await problems({ boskos: 'http://b', 'boskos-type': TYPE, ssh: { host: 'a' } })).to.deep.equal([
        '--boskos: lends a host, but --ssh names one',
      ]);
    });

    it('is lent under the name of whoever runs, and given back when there is no way to it', async () => {
      boskos.add({ type: TYPE, name: 'milan-1', userdata: { note: 'no address' } });
      const provider = externalProvider.create({ boskos: boskos.url, 'boskos-type': TYPE, 'lease-wait': 1234 });
      expect(provider.waitMs).to.equal(1234);
      const error = await failure(provider.acquire(scope, { holder: 'me@here' }), InfraError);
      expect(error.message).to.match(/no key ssh/);
      expect(states()).to.deep.equal(['milan-1 busy me@here']);
      await scope.close();
      expect(states()).to.deep.equal(['milan-1 free']);
    });
  });
});
