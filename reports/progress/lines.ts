import { type CheckResult, NOT_REACHED } from '../../harness/model/check.ts';
import type { ConnectionMoment } from '../../harness/model/connection.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { spokenTime } from '../../harness/model/spoken-time.ts';
import type { Traces } from '../../harness/model/traces.ts';
import { oneLine } from '../plain-text.ts';
import { tell } from '../verdict.ts';

/** How much a reader wants to hear. */
export type Detail = 'quiet' | 'normal' | 'verbose';

/**
 * What one event says to a person, in one line; undefined when it says nothing at this level of detail.
 * No line holds `[FAILED]` or `error:`: Prow's log view marks those, and they stand once, in the closing paragraph.
 */
export function progressLine(event: RunEvent, detail: Detail): string | undefined {
  if (detail === 'quiet') return undefined;
  switch (event.type) {
    case 'run-started':
      return `run ${event.runId} on ${event.simulated ? 'simulated host' : 'provider'} ${event.provider}, artifacts in ${event.artifacts}`;
    case 'phase-started':
      return `${event.phase}: begun${event.budgetMs > 0 ? `, may take ${spokenTime(event.budgetMs)}` : ''}`;
    case 'phase-ended':
      return rowLine({ ...event.result, title: event.result.name });
    case 'subject':
      return undefined;
    case 'demands':
      return event.demanded.length === 0 ? undefined : `demanded: ${event.demanded.join(', ')}`;
    case 'check':
      return isQuiet(event.result) && detail !== 'verbose' ? undefined : checkLine(event.result);
    case 'capabilities':
      return undefined;
    case 'known-causes':
      return event.causes.length === 0 ? undefined : `known cause: ${oneLine(event.causes[0]?.cause ?? '')}`;
    case 'connection':
      return connectionLine(event.moment, detail);
    case 'traces':
      return event.traces.isCompared === true ? comparedLine(event.traces) : undefined;
    case 'plan':
      return `planned: ${event.cases.length} ${event.cases.length === 1 ? 'case' : 'cases'}`;
    case 'case-started':
      return detail === 'verbose' ? `${oneLine(event.title)}: begun` : undefined;
    case 'case-ended':
      return rowLine(event.result);
    case 'bundle': {
      const { of, row, folder, files, notRead, ms } = event;
      return oneLine(`bundle of ${of} ${row}: ${folder}: ${files} files in ${spokenTime(ms)}, ${notRead} not read`);
    }
    case 'ending':
      return `ending: ${oneLine(event.finding.message)}`;
    case 'trouble':
      return oneLine(tell(event.finding));
    case 'waiting':
      return `waiting for ${oneLine(event.goal)}: ${oneLine(event.saw)} (${spokenTime(event.forMs)} of at most ${spokenTime(event.withinMs)})`;
    case 'log':
      return event.level === 'detail' && detail !== 'verbose'
        ? undefined
        : oneLine(event.message) + factsOf(event.facts);
    case 'run-ended':
      return `ended with exit code ${event.exitCode}`;
  }
}

function comparedLine({ differences = [] }: Partial<Traces>): string {
  const ours = differences.filter(({ whose }) => whose === 'ours').length;
  if (differences.length === 0) return 'the cluster is as it was found';
  const others = ours === differences.length ? '' : `, ${differences.length - ours} that we did not make`;
  return `the cluster differs from what was found: ${ours} of our leftovers${others}`;
}

/** What is well, and what the run did not come to: that is told of all such checks in one line. */
function isQuiet({ verdict, read }: CheckResult): boolean {
  return verdict === 'ok' || verdict === 'note' || read === NOT_REACHED;
}

function checkLine({ title, verdict, read, action }: CheckResult): string {
  const word = verdict === 'unread' ? 'could not be read' : verdict;
  return oneLine(`${title}: ${word}: ${read}${action === undefined ? '' : `; ${action}`}`);
}

function connectionLine({ kind, saw, ms }: ConnectionMoment, detail: Detail): string | undefined {
  if (kind === 'measured' && detail !== 'verbose') return undefined;
  const time = ms === undefined ? '' : ` after ${spokenTime(ms)}`;
  return oneLine(`connection ${kind}${time}${saw === undefined ? '' : `: ${saw}`}`);
}

/** The line with the time before it, for logs: `11:03:22Z connect: begun`. */
export function stamped(at: string, line: string): string {
  return `${at.slice(11, 19)}Z ${line}`;
}

interface Row {
  readonly title: string;
  readonly outcome: string;
  readonly ms: number;
  readonly reason?: string;
  readonly finding?: { readonly message: string };
}

function rowLine({ title, outcome, ms, reason, finding }: Row): string {
  const why = finding?.message ?? reason?.replace(/^not run: /, '');
  if (outcome === 'not-run' || outcome === 'skipped') {
    return `${oneLine(title)}: ${outcome === 'skipped' ? 'skipped' : 'not run'}${why === undefined ? '' : `, ${oneLine(why)}`}`;
  }
  const word = outcome === 'passed' ? 'done' : outcome;
  return `${oneLine(title)}: ${word} in ${spokenTime(ms)}${why === undefined ? '' : `, ${oneLine(why)}`}`;
}

function factsOf(facts: Readonly<Record<string, string | number>>): string {
  const told = Object.entries(facts).map(([name, value]) => `${name}=${oneLine(String(value))}`);
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}
