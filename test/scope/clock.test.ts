import { once } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { InfraError, ProductFailure } from '../../harness/errors/errors.ts';
import type { ConnectionMoment } from '../../harness/model/connection.ts';
import { deadline, workTime } from '../../harness/scope/deadline.ts';
import { type OwnedScope, openScope, type Scope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { failure } from '../failure.ts';

/** Tells the scope a moment of the connection, as its supervisor does. */
function tell(scope: Scope, kind: ConnectionMoment['kind']): void {
  const moment = { at: new Date().toISOString(), kind };
  const record = { description: 'root@node:22', transport: 'ssh2' as const, moments: [moment], cuts: 1, downMs: 0 };
  scope.emit({ type: 'connection', moment, record: { ...record, bytesSent: 0, bytesReceived: 0 } });
}

/** Real time goes by. */
async function realTime(ms: number): Promise<void> {
  using bound = deadline(ms, undefined, () => new Error('over'));
  await once(bound.signal, 'abort');
}

describe('the clock of a run', () => {
  const open = (): OwnedScope => openScope(() => {});

  it('goes by real time as long as the connection stands', async () => {
    const { clock } = open();
    const mark = clock.mark();
    await realTime(20);
    expect(clock.nowMs - mark.nowMs).to.be.at.least(19);
    expect(clock.stoodSince(mark)).to.be.below(1);
  });

  it('stands still while the connection is cut, so that a wait outlives the outage and says what it did not count', async () => {
    const scope = open();
    const limits = { scope, withinMs: 40, everyMs: 5, blame: 'product' as const };
    let isOver = false;
    const waiting = failure(
      until('guest boots', limits, async () => ({ done: false, saw: 'phase=Scheduled' })),
      ProductFailure,
    ).finally(() => {
      isOver = true;
    });
    tell(scope, 'cut');
    await realTime(300);
    expect(isOver).to.equal(false);
    tell(scope, 'closed');
    expect((await waiting).message).to.match(
      /^guest boots: not within 40 ms, \d+ ms without a connection not counted; last saw phase=Scheduled$/,
    );
  });

  it('gives watches a moment to catch up before it goes on', async () => {
    const scope = open();
    using bound = workTime(100, scope, () => new InfraError('late'));
    tell(scope, 'cut');
    tell(scope, 'reconnected');
    await realTime(400);
    expect(bound.signal.aborted).to.equal(false);
    expect(bound.leftMs).to.be.above(0);
    tell(scope, 'cut');
    tell(scope, 'lost');
    await once(bound.signal, 'abort');
  });

  it('is one for all scopes of a run, and times undos too', async () => {
    const scope = open();
    const child = scope.narrowed(new AbortController().signal).child();
    const undone = new AbortController();
    child.defer('slow', 50, async () => {
      tell(child, 'cut');
      await realTime(200);
      undone.abort();
    });
    expect(child.clock).to.equal(scope.clock);
    expect(await child.close()).to.deep.equal([]);
    expect(undone.signal.aborted).to.equal(true);
  });

  it('does not lengthen what bounds all undos together', async () => {
    const scope = open();
    scope.defer('never ends', 60_000, async (signal) => {
      tell(scope, 'cut');
      await once(signal, 'abort');
    });
    const [finding] = await scope.close(20);
    expect(finding?.message).to.match(/^never ends: not undone within 1(\.0)? s/);
  });
});
