import { expect } from 'chai';
import { describe, it } from 'mocha';
import { InfraError, Interrupted, ProductFailure } from '../../harness/errors/errors.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { until, within } from '../../harness/scope/until.ts';

async function failure(work: Promise<unknown>): Promise<Error> {
  return await work.then(
    () => expect.fail('it succeeded'),
    (error: Error) => error,
  );
}

describe('until', () => {
  it('gives the value of the look that found the goal', async () => {
    let looks = 0;
    const limits = { scope: openScope(() => {}), withinMs: 1000, everyMs: 1, blame: 'infra' as const };
    const value = await until('third look', limits, async () =>
      ++looks === 3 ? { done: true, value: looks } : { done: false, saw: `look ${looks}` },
    );
    expect(value).to.equal(3);
  });

  it('tells again and again what it still sees while nothing changes', async () => {
    const heard: RunEvent[] = [];
    const scope = openScope((event) => heard.push(event));
    const limits = { scope, withinMs: 10_000, everyMs: 10_000, blame: 'infra' as const, newsEveryMs: 2 };
    await until('the guest runs', { ...limits, wake: () => () => {} }, async () =>
      heard.length === 3 ? { done: true, value: undefined } : { done: false, saw: 'phase=Pending' },
    );
    expect(heard.map((event) => event.type === 'waiting' && event.saw)).to.deep.equal(Array(3).fill('phase=Pending'));
  });

  it('names goal, bound, last thing seen and action when the time is up', async () => {
    const limits = {
      scope: openScope(() => {}),
      withinMs: 20,
      everyMs: 1,
      blame: 'product' as const,
      hint: 'look at virt-operator',
    };
    const error = await failure(
      until('virt-operator ready', limits, async () => ({ done: false, saw: 'phase=Deploying, 3/5 pods' })),
    );
    expect(error).to.be.instanceOf(ProductFailure);
    expect(error.message).to.equal('virt-operator ready: not within 20 ms; last saw phase=Deploying, 3/5 pods');
    expect(error).to.have.property('hint', 'look at virt-operator');
  });

  it('ends with the reason of the scope when the run is stopped, even while a look hangs', async () => {
    const scope = openScope(() => {});
    const stopped = new Interrupted('SIGTERM');
    const waiting = failure(
      until('never', { scope, withinMs: 10_000, everyMs: 1, blame: 'infra' }, () => new Promise(() => {})),
    );
    scope.abort(stopped);
    expect(await waiting).to.equal(stopped);
  });

  it('looks again at once when it is woken, also when the wake came during a look', async () => {
    let ring = () => {};
    let looks = 0;
    const limits = {
      scope: openScope(() => {}),
      withinMs: 5000,
      everyMs: 60_000,
      blame: 'infra' as const,
      wake: (notify: () => void) => {
        ring = notify;
        return () => {};
      },
    };
    await until('second look', limits, async () => {
      looks += 1;
      if (looks === 1) ring();
      return looks === 2 ? { done: true, value: undefined } : { done: false, saw: 'the first look' };
    });
    expect(looks).to.equal(2);
  });

  it('throws a permanent error at once', async () => {
    const broken = new InfraError('no such namespace');
    const limits = { scope: openScope(() => {}), withinMs: 10_000, everyMs: 10_000, blame: 'infra' as const };
    expect(await failure(until('anything', limits, () => Promise.reject(broken)))).to.equal(broken);
  });

  it('tells what it waits for and what it saw', async () => {
    const heard: RunEvent[] = [];
    let looks = 0;
    await until(
      'guest running',
      { scope: openScope((event) => heard.push(event)), withinMs: 1000, everyMs: 1, blame: 'product' },
      async () => (++looks === 3 ? { done: true, value: undefined } : { done: false, saw: `phase ${looks}` }),
    );
    expect(heard.map((event) => event.type === 'waiting' && `${event.goal}: ${event.saw}`)).to.deep.equal([
      'guest running: phase 1',
      'guest running: phase 2',
    ]);
  });
});

describe('within', () => {
  it('leaves work behind that does not listen to its signal', async () => {
    const error = await failure(
      within('a deaf peer', { scope: openScope(() => {}), withinMs: 10, blame: 'infra' }, () => new Promise(() => {})),
    );
    expect(error).to.be.instanceOf(InfraError);
    expect(error.message).to.equal('a deaf peer: not within 10 ms');
  });
});
