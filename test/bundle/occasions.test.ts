import { expect } from 'chai';
import { describe, it } from 'mocha';
import { InfraError, Interrupted } from '../../harness/errors/errors.ts';
import type { BundleBounds, Bundles } from '../../harness/evidence/bundle/bundles.ts';
import type { Failure } from '../../harness/evidence/bundle/contents.ts';
import { type BundleTime, caseKeeper, keepOfPhase, PhaseWatch } from '../../harness/evidence/bundle/occasions.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { failureOf } from './sick-cluster.ts';

const REACH = { namespace: 'guests' };
const at = '2026-11-24T12:00:00.000Z';
const { finding } = failureOf();

/** A keeper that only notes what it is asked for. */
function noting(onKeep: () => Promise<void> = async () => {}) {
  const asked: (BundleBounds & { readonly failure: Failure })[] = [];
  const bundles: Bundles = {
    async keep(_, failure, bounds) {
      asked.push({ failure, ...bounds });
      await onKeep();
      return 'bundles/x';
    },
  };
  return { asked, bundles };
}

function timeOf(changes: Partial<BundleTime> = {}): BundleTime {
  return { eachMs: 45_000, casesMs: 450_000, runEndsAt: performance.now() + 3_600_000, ...changes };
}

describe('the bundle of a failed phase', () => {
  const failed: Failure = { of: 'phase', row: 'kubevirt', finding, beganAt: Date.parse(at) };
  const keep = async (moment: Partial<Parameters<typeof keepOfPhase>[2]>) => {
    const { asked, bundles } = noting();
    const log: string[] = [];
    const scope = openScope((event) => event.type === 'log' && log.push(event.message));
    await keepOfPhase(scope, bundles, { failed, reach: REACH, time: timeOf(), end: undefined, ...moment });
    return { asked, log };
  };

  it('is of the phase that ended with a finding, since it began', () => {
    const watch = new PhaseWatch();
    const started: RunEvent = { type: 'phase-started', at, phase: 'kubevirt', budgetMs: 1 };
    watch.hear(started);
    const later = '2026-11-24T12:05:00.000Z';
    const result = { name: 'kubevirt', outcome: 'failed', ms: 1, finding } as const;
    watch.hear({ type: 'phase-ended', at: later, result });
    expect(watch.failed).to.deep.equal(failed);
  });

  it('has the whole time for it while the run goes on', async () => {
    const { asked } = await keep({});
    expect(asked.map(({ withinMs, short }) => ({ withinMs, short }))).to.deep.equal([
      { withinMs: 45_000, short: undefined },
    ]);
  });

  it('is not kept when a signal stopped the run, and that is said', async () => {
    const { asked, log } = await keep({ end: { reason: new Interrupted('SIGTERM'), isDeadline: false } });
    expect(asked).to.deep.equal([]);
    expect(log.join()).to.match(/^no bundle of phase kubevirt: .*SIGTERM.*undoing$/);
  });

  it('asks everybody for a moment after the deadline of the run', async () => {
    const end = { reason: new InfraError('the run was not done within 2 h'), isDeadline: true };
    const { asked } = await keep({ end, time: timeOf({ runEndsAt: performance.now() }) });
    expect(asked.map(({ withinMs, short }) => ({ withinMs, short }))).to.deep.equal([
      { withinMs: 15_000, short: undefined },
    ]);
  });

  it('asks nobody when the run has ended of something else, such as a lost connection', async () => {
    const { asked } = await keep({ end: { reason: new InfraError('nothing heard for 60 s'), isDeadline: false } });
    expect(asked.map(({ short }) => short)).to.deep.equal(['nothing heard for 60 s']);
  });

  it('is not there without a failure', async () => {
    expect((await keep({ failed: undefined })).asked).to.deep.equal([]);
  });
});

describe('bundles of failed cases', () => {
  const scope = openScope(() => {});
  const failure = { row: 'boots', finding, beganAt: 0 };

  it('have the time of one each, and all together no more than their share of the suites', async () => {
    const { asked, bundles } = noting(async () => await passes(30));
    const keep = caseKeeper(bundles, REACH, timeOf({ eachMs: 40, casesMs: 50 }));
    for (let count = 0; count < 4; count += 1) await keep(scope, failure);
    const times = asked.map(({ withinMs }) => withinMs);
    expect(times[0]).to.equal(40);
    expect(times[1]).to.be.within(0, 20);
    expect(times.at(-1)).to.equal(0);
  });

  it('do not go past the deadline of the run', async () => {
    const { asked, bundles } = noting();
    await caseKeeper(bundles, REACH, timeOf({ runEndsAt: performance.now() + 1000 }))(scope, failure);
    await caseKeeper(bundles, REACH, timeOf({ runEndsAt: performance.now() - 1 }))(scope, failure);
    expect(asked[0]?.withinMs).to.be.within(1, 1000);
    expect(asked[1]?.withinMs).to.equal(0);
  });
});

async function passes(ms: number): Promise<void> {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt) await new Promise((resolve) => setImmediate(resolve));
}
