import { spokenTime } from '../../model/spoken-time.ts';
import type { ClusterClock, Failure } from './contents.ts';
import type { Moment } from './moments.ts';

/** What a timeline is made of. */
export interface Story {
  readonly failure: Failure;
  /** When the bundle was asked for, in milliseconds by our clock. */
  readonly failedAt: number;
  /** Told by our own clock. */
  readonly ours: readonly Moment[];
  /** Told by the clock of the cluster and its node. */
  readonly theirs: readonly Moment[];
  readonly clock: ClusterClock | undefined;
}

/** More lines nobody reads; of the logs the oldest are left out. */
const MOST_LINES = 4000;
const LONGEST_TEXT = 400;
/** What happened shortly before the case began may be its cause. */
const BEFORE_MS = 60_000;

/** timeline.md: everything that is known to have happened, in order and on one clock, ours. */
export function timelineText({ failure, failedAt, ours, theirs, clock }: Story): string {
  const aheadMs = clock?.aheadMs ?? 0;
  const marks: readonly Moment[] = [
    { atMs: failure.beganAt, from: '>>>', text: `${failure.of} begins: ${failure.row}` },
    { atMs: failedAt, from: '>>>', text: `${failure.of} failed: ${failure.finding.message}` },
  ];
  const corrected = theirs.map((moment) => ({ ...moment, atMs: moment.atMs - aheadMs }));
  const all = [...ours, ...corrected, ...marks].filter(({ atMs }) => !Number.isNaN(atMs));
  const unique = new Map(all.map((moment) => [`${moment.atMs} ${moment.from} ${moment.text}`, moment]));
  const sorted = [...unique.values()].sort((one, other) => one.atMs - other.atMs);
  const recent = sorted.filter(({ atMs, isLogLine }) => !isLogLine || atMs >= failure.beganAt - BEFORE_MS);
  const kept = withoutOldestLogs(recent);
  const leftOut = sorted.length - kept.length;
  return [
    `# Timeline of ${failure.of} ${failure.row}`,
    '',
    `Times are UTC by the clock of the machine that ran sevlane. ${clockWords(clock)}`,
    ...(leftOut === 0 ? [] : [`${leftOut} older log lines are left out: the log files have them.`]),
    '',
    '```',
    ...kept.map(line),
    '```',
    '',
  ].join('\n');
}

/** How the cluster's times were made comparable, in a sentence. */
export function clockWords(clock: ClusterClock | undefined): string {
  if (clock === undefined)
    return "Nobody told how the node's clock stands against it: times of the cluster are as the cluster gave them.";
  const { aheadMs, uncertaintyMs, from } = clock;
  const how =
    aheadMs === 0 ? 'agrees with it' : `is ${spokenTime(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}`;
  return `The node's clock ${how} (give or take ${spokenTime(uncertaintyMs)}, ${from}): times of the cluster are corrected by that.`;
}

function withoutOldestLogs(moments: readonly Moment[]): readonly Moment[] {
  let over = moments.length - MOST_LINES;
  if (over <= 0) return moments;
  return moments.filter(({ isLogLine }) => !isLogLine || over-- <= 0);
}

function line({ atMs, from, text }: Moment): string {
  const said = text.replace(/\s*\n\s*/g, '; ').replaceAll('```', "'''");
  const short = said.length > LONGEST_TEXT ? `${said.slice(0, LONGEST_TEXT)}...` : said;
  return `${new Date(atMs).toISOString().slice(0, 23)}Z  ${from}  ${short}`;
}
