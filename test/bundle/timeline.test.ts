import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ClusterClock } from '../../harness/evidence/bundle/contents.ts';
import { History } from '../../harness/evidence/bundle/history.ts';
import {
  eventMoments,
  kernelMoments,
  logMoments,
  type Moment,
  transitions,
} from '../../harness/evidence/bundle/moments.ts';
import { timelineText } from '../../harness/evidence/bundle/timeline.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { failureOf } from './sick-cluster.ts';

const NOON = Date.parse('2026-11-24T12:00:00.000Z');
const at = (seconds: number) => new Date(NOON + seconds * 1000).toISOString();

function linesOf(wish: {
  readonly ours?: readonly Moment[];
  readonly theirs?: readonly Moment[];
  clock?: ClusterClock;
}) {
  const { ours = [], theirs = [], clock } = wish;
  const failure = failureOf({ row: 'boots', beganAt: NOON });
  return timelineText({ failure, failedAt: NOON + 60_000, ours, theirs, clock }).split('\n');
}

describe('a timeline', () => {
  it('puts log lines of every zone, events, transitions and the kernel on our clock and in order', () => {
    const theirs = [
      ...logMoments('2026-11-24T14:00:07.123456789+02:00 starts\nno time\n', 'log compute'),
      ...kernelMoments('[    5.500000] ccp: found\n[noise]', 'host kernel', NOON),
      ...eventMoments([
        {
          ...{ apiVersion: 'v1', kind: 'Event', metadata: {}, type: 'Warning', reason: 'BackOff', count: 3 },
          ...{ message: 'again\nand again', lastTimestamp: at(6), firstTimestamp: at(1) },
          involvedObject: { kind: 'Pod', name: 'p' },
        },
      ]),
      ...transitions({
        ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', creationTimestamp: at(3) } },
        status: {
          conditions: [{ type: 'Ready', status: 'False', reason: 'No', message: 'not yet', lastTransitionTime: at(4) }],
          containerStatuses: [
            { name: 'c', lastState: { terminated: { startedAt: at(8), finishedAt: at(9), exitCode: 2 } } },
          ],
        },
      }),
    ];
    const clock = { aheadMs: 2000, uncertaintyMs: 3, from: 'asked over SSH' };
    const lines = linesOf({ theirs, clock });
    expect(lines.join('\n')).to.include("The node's clock is 2.0 s ahead (give or take 3 ms, asked over SSH)");
    expect(lines.filter((line) => line.startsWith('2026'))).to.deep.equal([
      '2026-11-24T12:00:00.000Z  >>>  case begins: boots',
      '2026-11-24T12:00:01.000Z  Pod p  created',
      '2026-11-24T12:00:02.000Z  Pod p  Ready=False No not yet',
      '2026-11-24T12:00:03.500Z  host kernel  ccp: found',
      '2026-11-24T12:00:04.000Z  event  Warning BackOff Pod p: again; and again (3 times)',
      '2026-11-24T12:00:05.123Z  log compute  starts',
      '2026-11-24T12:00:06.000Z  Pod p  container c started',
      '2026-11-24T12:00:07.000Z  Pod p  container c ended, exit 2',
      '2026-11-24T12:01:00.000Z  >>>  case failed: SEV guest: it crashed',
    ]);
  });

  it('says when nobody told how the clocks stand', () => {
    expect(linesOf({}).join('\n')).to.include('times of the cluster are as the cluster gave them');
  });

  it('has what we did and what became of the connection, without its measurements', () => {
    const history = new History();
    const record = { description: 'n', transport: 'ssh2' as const, moments: [], cuts: 1, downMs: 0 };
    const connection = (seconds: number, kind: 'cut' | 'measured' | 'reconnected'): RunEvent => ({
      ...{ type: 'connection', at: at(seconds), moment: { at: at(seconds), kind } },
      record: { ...record, bytesSent: 0, bytesReceived: 0 },
    });
    const events: readonly RunEvent[] = [
      { type: 'case-started', at: at(1), title: 'boots' },
      connection(2, 'cut'),
      connection(3, 'measured'),
      connection(4, 'reconnected'),
      { type: 'log', at: at(5), level: 'detail', message: 'asked again', facts: {} },
    ];
    for (const event of events) history.hear(event);
    expect(history.moments.map(({ from, text }) => `${from}: ${text}`)).to.deep.equal([
      'sevlane: case begins: boots',
      'connection: cut',
      'connection: reconnected',
      'sevlane: asked again',
    ]);
  });

  it('of a talkative cluster leaves out its oldest log lines and nothing else, and says so', () => {
    const logs = Array.from({ length: 9000 }, (_, index) => ({
      ...{ atMs: NOON + index, from: 'log c', text: `line ${index}` },
      isLogLine: true as const,
    }));
    const event = { atMs: NOON - 3_600_000, from: 'event', text: 'an hour before' };
    const lines = linesOf({ theirs: [event, ...logs] });
    expect(lines.length).to.be.below(4020);
    expect(lines.join('\n')).to.match(/\d+ older log lines are left out/);
    for (const text of ['an hour before', '>>>  case begins', 'line 8999']) expect(lines.join('\n')).to.include(text);
    expect(lines.join('\n')).to.not.include('  line 0\n');
  });

  it('cannot be broken out of by a log line', () => {
    const text = linesOf({ ours: [{ atMs: NOON, from: 'x', text: '```\n# heading' }] }).join('\n');
    expect(text.match(/^```$/gm)).to.have.length(2);
    expect(text).to.not.match(/^# heading/m);
  });
});
