import { expect } from 'chai';
import { describe, it } from 'mocha';
import { InfraError, Interrupted } from '../../harness/errors/errors.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { phase } from '../../harness/scope/phase.ts';
import { openScope, type Scope, type UndoBudget } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';

describe('a scope', () => {
  it('undoes last things first, each with a signal of its own although the run was stopped', async () => {
    const undone: string[] = [];
    const scope = openScope(() => {}, AbortSignal.abort(new Interrupted('SIGINT')));
    for (const name of ['connection', 'lease', 'guest']) {
      scope.defer(name, 1000, async (signal) => {
        expect(signal.aborted).to.equal(false);
        undone.push(name);
      });
    }
    expect(await scope.close()).to.deep.equal([]);
    expect(undone).to.deep.equal(['guest', 'lease', 'connection']);
  });

  it('goes on undoing when one undo fails or hangs, and tells each failure as infra', async () => {
    const undone: string[] = [];
    const scope = openScope(() => {});
    scope.defer('connection', 1000, async () => void undone.push('connection'));
    scope.defer('lease', 1000, () => Promise.reject(new InfraError('lease: the server answered 500')));
    scope.defer('guest', 10, () => new Promise(() => {}));
    const findings = await scope.close();
    expect(undone).to.deep.equal(['connection']);
    expect(findings.map(({ blame, where, message }) => `${blame} ${where}: ${message}`)).to.deep.equal([
      'infra undo guest: guest: not undone within 10 ms',
      'infra undo lease: lease: the server answered 500',
    ]);
  });

  it('undoes what was registered while undoing, and nothing twice', async () => {
    let times = 0;
    const scope = openScope(() => {});
    scope.defer('outer', 1000, async () => scope.defer('inner', 1000, async () => void times++));
    await scope.close();
    await scope.close();
    expect(times).to.equal(1);
  });

  it('lets an undo wait for something', async () => {
    const scope = openScope(() => {}, AbortSignal.abort(new Interrupted('SIGTERM')));
    let looks = 0;
    scope.defer('namespace', 1000, (_, own) =>
      until('namespace gone', { scope: own, withinMs: 500, everyMs: 1, blame: 'infra' }, async () =>
        ++looks === 3 ? { done: true, value: undefined } : { done: false, saw: 'Terminating' },
      ),
    );
    expect(await scope.close()).to.deep.equal([]);
    expect(looks).to.equal(3);
  });

  it('keeps the first reason it was ended with', () => {
    const scope = openScope(() => {});
    const lost = new InfraError('connection lost');
    scope.abort(lost);
    scope.abort(new InfraError('lease lost'));
    expect(scope.signal.reason).to.equal(lost);
  });

  it('ends its children, whose undo is theirs', async () => {
    const scope = openScope(() => {});
    const child = scope.child();
    let undone = false;
    child.defer('guest', 1000, async () => {
      undone = true;
    });
    await scope.close();
    expect(undone).to.equal(false);
    scope.abort(new InfraError('connection lost'));
    expect(child.signal.aborted).to.equal(true);
    await child.close();
    expect(undone).to.equal(true);
  });
});

describe('a phase', () => {
  it('tells how it began and how it ended', async () => {
    const heard: RunEvent[] = [];
    await phase(
      openScope((event) => heard.push(event)),
      { name: 'probe', budgetMs: 1000 },
      async () => 'facts',
    );
    expect(heard.map((event) => event.type)).to.deep.equal(['phase-started', 'phase-ended']);
    expect(heard[1]).to.have.nested.property('result.outcome', 'passed');
  });

  it('over its budget is infra and does not wait for the work', async () => {
    const heard: RunEvent[] = [];
    const work = phase(
      openScope((event) => heard.push(event)),
      { name: 'connect', budgetMs: 10 },
      () => new Promise(() => {}),
    );
    await work.then(
      () => expect.fail('it succeeded'),
      (error) => expect(error.message).to.equal('connect: not done within 10 ms'),
    );
    expect(heard.at(-1)).to.have.nested.property('result.finding.blame', 'infra');
  });

  it('says what it last waited for, in a guest too, and what to do', async () => {
    const hint = 'raise --suites-timeout';
    const work = phase(
      openScope(() => {}),
      { name: 'suites', budgetMs: 20, hint },
      async (own) => {
        const limits = { scope: own.child(), withinMs: 10_000, everyMs: 10_000, blame: 'product' as const };
        await until('SEV guest: runs', limits, async () => ({ done: false, saw: 'phase=Pending' }));
      },
    );
    await work.then(
      () => expect.fail('it succeeded'),
      (error) => {
        expect(error.message).to.equal('suites: not done within 20 ms; last waited for SEV guest: runs: phase=Pending');
        expect(error.hint).to.equal(hint);
      },
    );
  });

  it('ends what its children do when its time is up', async () => {
    let guest: Scope | undefined;
    await phase(
      openScope(() => {}),
      { name: 'suites', budgetMs: 10 },
      async (own) => {
        guest = own.child();
        await new Promise(() => {});
      },
    ).catch(() => {});
    expect(guest?.signal.aborted).to.equal(true);
  });

  it('leaves its undos to the run', async () => {
    const scope = openScope(() => {});
    let undone = false;
    await phase(scope, { name: 'connect', budgetMs: 1000 }, async (own) =>
      own.defer('connection', 100, async () => {
        undone = true;
      }),
    );
    expect(undone).to.equal(false);
    await scope.close();
    expect(undone).to.equal(true);
  });
});

describe('undoing in little time', () => {
  const budgets = async (withinMs: number | undefined, wishes: readonly (readonly [string, UndoBudget])[]) => {
    const scope = openScope(() => {});
    const seen: [string, number][] = [];
    for (const [name, budget] of wishes)
      scope.defer(name, budget, async (_signal, _scope, budgetMs) => void seen.push([name, budgetMs]));
    await scope.close(withinMs);
    return seen;
  };

  it('gives each undo its own budget where all of them fit', async () => {
    const wishes = [['release', { withinMs: 30_000, reservedMs: 2000 }] as const, ['guest', 60_000] as const];
    expect(await budgets(undefined, wishes)).to.deep.equal([
      ['guest', 60_000],
      ['release', 30_000],
    ]);
    expect((await budgets(100_000, wishes)).map(([, ms]) => ms)).to.deep.equal([60_000, 30_000]);
  });

  it('shares what is there where they do not, the next one double, and keeps back what is reserved for later ones', async () => {
    const [guest, kubevirt, release] = await budgets(13_000, [
      ['release', { withinMs: 30_000, reservedMs: 3000 }],
      ['kubevirt', 90_000],
      ['guest', 60_000],
    ]);
    expect(guest?.[1], 'half of the 10 s that are free').to.be.within(4800, 5000);
    // Those before took no time: it is shared anew.
    expect(kubevirt?.[1]).to.be.within(8300, 8600);
    expect(release?.[1]).to.be.within(12_000, 13_000);
  });

  it('gives the most to what frees the cluster in the grace period of a job, and what they leave to what can be left out', async () => {
    const seen = await budgets(13_000, [
      ['connection', 2000],
      ['release', { withinMs: 30_000, reservedMs: 2000 }],
      ['leftovers', { withinMs: 60_000, canBeLeftOut: true }],
      ['labels', { withinMs: 60_000, reservedMs: 2000 }],
      ['kubevirt', 150_000],
    ]);
    const had = new Map(seen);
    expect(had.get('kubevirt'), 'of 13 s, 4 of them reserved').to.be.within(6500, 7000);
    expect(had.get('leftovers'), 'half of the 11 s that those before it left').to.be.within(5000, 5500);
    expect(had.get('labels')).to.be.within(8500, 9500);
    expect(had.get('release')).to.be.within(11_500, 13_000);
  });

  it('gives what can be left out no more than a moment when those before it used the time up', async () => {
    const leftovers = { withinMs: 60_000, canBeLeftOut: true } as const;
    const seen = await budgets(2500, [
      ['release', { withinMs: 30_000, reservedMs: 2000 }],
      ['leftovers', leftovers],
    ]);
    expect(seen[0]).to.deep.equal(['leftovers', 1000]);
  });

  it('leaves a moment for each when there is no time at all', async () => {
    expect(await budgets(0, [['release', 30_000]])).to.deep.equal([['release', 1000]]);
  });
});
