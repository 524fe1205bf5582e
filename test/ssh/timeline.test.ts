import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ConnectionMoment } from '../../harness/model/connection.ts';
import { RoundTrips } from '../../harness/ssh/round-trips.ts';
import { Timeline } from '../../harness/ssh/timeline.ts';

const WAY = { name: 'ssh2', description: 'root@node:22' } as const;

describe('the timeline of a connection', () => {
  it('adds up cuts, the time without a connection and the bytes of all sessions', () => {
    const timeline = new Timeline(WAY, new RoundTrips());
    timeline.add('connected');
    timeline.addTraffic({ sent: 10, received: 20 });
    timeline.add('cut', { saw: 'the server ended it' });
    timeline.add('reconnected', { ms: 300 });
    timeline.add('cut');
    timeline.add('lost', { ms: 60_000 });
    expect(timeline.record({ sent: 1, received: 2 })).to.deep.include({
      description: 'root@node:22',
      transport: 'ssh2',
      cuts: 2,
      downMs: 60_300,
      bytesSent: 11,
      bytesReceived: 22,
    });
  });

  it('stays small however long the run, with the first and the last of each kind and all of the rare ones', () => {
    const timeline = new Timeline(WAY, new RoundTrips());
    const kept: ConnectionMoment[] = [timeline.add('connected')];
    const kinds = ['measured', 'cut', 'reconnected', 'slow'] as const;
    for (const kind of kinds) kept.push(timeline.add(kind, { saw: 'first' }));
    for (let minute = 0; minute < 10_000; minute += 1) {
      timeline.add('measured');
      if (minute % 7 === 0) {
        timeline.add('cut');
        timeline.add('reconnected', { ms: 10 });
      }
      if (minute % 3 === 0) timeline.add('slow');
    }
    for (const kind of kinds) kept.push(timeline.add(kind, { saw: 'last' }));
    kept.push(timeline.add('closed'));
    const { moments, cuts, downMs } = timeline.record(undefined);
    expect(moments).to.include.members(kept);
    expect(moments.length).to.be.at.most(80);
    expect(JSON.stringify(moments).length).to.be.lessThan(8000);
    expect([...moments].sort((a, b) => a.at.localeCompare(b.at))).to.deep.equal(moments);
    expect({ cuts, downMs }).to.deep.equal({ cuts: 1431, downMs: 14_290 });
  });
});
