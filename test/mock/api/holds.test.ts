import { expect } from 'chai';
import { clockAt } from '../../../providers/mock/clock.ts';
import { direct } from '../../../providers/mock/scenario/direct.ts';
import { describeHold, openHolds } from '../../../providers/mock/scenario/holds.ts';
import { quietDirector } from '../quiet-director.ts';
import { type Running, running } from './running-server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const HOLDS = '/sevlane-sim/holds';
const FAULTS = '/sevlane-sim/faults';

describe('a request that is held', () => {
  let api: Running;
  let told: string[];
  const stop = new AbortController();

  beforeEach(async () => {
    told = [];
    const scenario = { name: 'none', description: 'Nothing.', faults: [] };
    const director = direct(scenario, { seed: 1, clock: clockAt(1000), signal: stop.signal });
    const holds = openHolds((moment, hold) => void told.push(describeHold(moment, hold)));
    api = await running(quietDirector({ api: director.api }), { holds, faults: director });
  });

  afterEach(async () => await api.stop());
  after(() => stop.abort());

  const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  const hold = (side: string, more: object = {}) =>
    api.ask('POST', FAULTS, {
      body: { api: { verb: 'create', resource: 'configmaps' }, answer: 'hold', side, ...more },
    });
  const standing = async () => (await api.ask('GET', `${HOLDS}?wait=true`)).body.holds as { readonly id: number }[];
  const stored = async (name: string) => (await api.ask('GET', `${MAPS}/${name}`)).status === 200;

  it('before it takes effect does so only when it is released', async () => {
    expect((await hold('before')).body).to.deep.equal({ id: 1 });
    const answer = api.ask('POST', MAPS, { body: map('one') });
    const [held] = await standing();
    expect(held).to.include({ id: 1, side: 'before', verb: 'create', resource: 'configmaps', namespace: 'default' });
    expect(await stored('one')).to.equal(false);
    expect((await api.ask('DELETE', `${HOLDS}/1`)).body).to.deep.equal({ released: 1 });
    expect((await answer).status).to.equal(201);
    expect(await stored('one')).to.equal(true);
    expect(told).to.deep.equal(['held before create configmaps default', 'released before create configmaps default']);
  });

  it('after it took effect keeps nothing back but the answer', async () => {
    await hold('after');
    let isAnswered = false;
    const answer = api.ask('POST', MAPS, { body: map('two') }).finally(() => {
      isAnswered = true;
    });
    await standing();
    expect([await stored('two'), isAnswered]).to.deep.equal([true, false]);
    await api.ask('DELETE', HOLDS);
    expect((await answer).status).to.equal(201);
  });

  it('never takes effect when the client goes away before', async () => {
    await hold('before');
    const hangUp = await api.send('POST', MAPS, map('three'));
    await standing();
    hangUp();
    await gone();
    expect(await stored('three')).to.equal(false);
  });

  it('has taken effect when the client goes away after', async () => {
    await hold('after');
    const hangUp = await api.send('POST', MAPS, map('four'));
    await standing();
    hangUp();
    await gone();
    expect(await stored('four')).to.equal(true);
  });

  it('goes on by itself after the time that it was given', async () => {
    await hold('after', { forMs: 20 });
    expect((await api.ask('POST', MAPS, { body: map('five') })).status).to.equal(201);
    expect(told.map((line) => line.split(' ')[0])).to.deep.equal(['held', 'released']);
  });

  it('is the nth one alone when one is counted, and none when the fault is taken away', async () => {
    await hold('before', { when: { nth: 2 } });
    await hold('before', { when: { nth: 3 } });
    expect((await api.ask('POST', MAPS, { body: map('six') })).status).to.equal(201);
    const second = api.ask('POST', MAPS, { body: map('seven') });
    expect(await standing()).to.have.length(1);
    expect((await api.ask('GET', `${HOLDS}?resource=secrets`)).body).to.deep.equal({ holds: [] });
    await api.ask('DELETE', `${HOLDS}/1`);
    await second;
    expect((await api.ask('DELETE', FAULTS)).body).to.deep.equal({ removed: 2 });
    expect((await api.ask('POST', MAPS, { body: map('eight') })).status).to.equal(201);
  });

  it('is told to no one without the rights, and cannot be what leads the simulator', async () => {
    await api.ask('POST', FAULTS, { body: { api: {}, answer: 'hold', side: 'before' } });
    expect((await api.ask('GET', HOLDS, { as: 'alice' })).status).to.equal(403);
    expect((await api.ask('GET', HOLDS)).body).to.deep.equal({ holds: [] });
  });

  const wrong = [
    [{ api: {}, answer: 'hold' }, 'faults[0].side: is missing; must be one of before, after'],
    [{ api: {}, answer: 'holt', side: 'before' }, 'faults[0].answer: is "holt"; did you mean hold?'],
    [{ connection: 'cut' }, 'only a fault of api can be added to a host that runs'],
  ] as const;
  for (const [body, message] of wrong) {
    it(`is not to be had by ${JSON.stringify(body)}, which is refused with what is wrong`, async () => {
      const { status, body: refusal } = await api.ask('POST', FAULTS, { body });
      expect([status, refusal.message]).to.deep.equal([400, message]);
    });
  }

  it('says what there is when something else is asked of the simulator', async () => {
    const { status, body } = await api.ask('PUT', '/sevlane-sim/hold');
    expect(status).to.equal(404);
    expect(body.message).to.contain('it has requests, holds and faults');
  });

  /** Resolves when the server has noticed that the client of the only hold went away. */
  async function gone(): Promise<void> {
    while (!told.some((line) => line.startsWith('gone '))) await new Promise((resolve) => setImmediate(resolve));
  }
});
