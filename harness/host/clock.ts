import { parseClock } from './parse.ts';
import type { Reading, Readings } from './readings.ts';

/** Our own clock around the probe, in milliseconds since 1970. */
export interface ProbeTimes {
  readonly before: number;
  readonly after: number;
}

/** The node's clock against ours. */
export interface Clock {
  /** How far the node's is ahead; negative: behind. */
  readonly aheadMs: number;
  /** It may be off by so much either way: half of the round trip, and what the node's clock does not show. */
  readonly uncertaintyMs: number;
}

/**
 * Compares clocks over one round trip: the node tells its time at the probe's beginning and end, and what our time
 * between asking and hearing is longer than that was spent on the way.
 */
export function readClock(readings: Readings, { before, after }: ProbeTimes): Reading<Clock> {
  const begin = readings.parse('clock', parseClock);
  const end = readings.parse('clock again', parseClock);
  if (begin.state !== 'read') return begin;
  if (end.state !== 'read') return end;
  const from = 'date +%s';
  const onNode = end.value.ms - begin.value.ms;
  const onWay = after - before - onNode;
  const resolution = Math.max(begin.value.resolutionMs, end.value.resolutionMs);
  if (onNode < 0) return { state: 'unknown', why: "the node's clock went backwards meanwhile", from };
  const aheadMs = (begin.value.ms + end.value.ms) / 2 - (before + after) / 2;
  return {
    state: 'read',
    value: { aheadMs: Math.round(aheadMs), uncertaintyMs: Math.ceil(Math.max(0, onWay) / 2 + resolution) },
    from,
  };
}
