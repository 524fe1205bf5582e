import type { RunEvent } from '../../harness/model/events.ts';
import { spokenTime } from '../../harness/model/spoken-time.ts';
import { oneLine } from '../plain-text.ts';

/** What goes on right now, for the lines at the bottom of a terminal. A value, made anew by each event. */
export interface Now {
  readonly phase: Span | undefined;
  readonly step: Span | undefined;
  readonly waiting: { readonly goal: string; readonly saw: string; readonly withinMs: number } | undefined;
  readonly ended: number;
  readonly planned: number;
}

interface Span {
  readonly name: string;
  readonly sinceMs: number;
}

/** Nothing yet. */
export const NOTHING: Now = { phase: undefined, step: undefined, waiting: undefined, ended: 0, planned: 0 };

/** What goes on after one more event. */
export function nowAfter(now: Now, event: RunEvent): Now {
  const sinceMs = Date.parse(event.at);
  switch (event.type) {
    case 'phase-started':
      return { ...now, phase: { name: event.phase, sinceMs }, step: undefined, waiting: undefined };
    case 'phase-ended':
      return { ...now, phase: undefined, step: undefined, waiting: undefined };
    case 'plan':
      return { ...now, planned: event.cases.length };
    case 'case-started':
      return { ...now, step: { name: event.title, sinceMs }, waiting: undefined };
    case 'case-ended':
      return { ...now, step: undefined, waiting: undefined, ended: now.ended + 1 };
    case 'waiting':
      return { ...now, waiting: { goal: event.goal, saw: event.saw, withinMs: event.withinMs } };
    default:
      return now;
  }
}

/** At most three lines: the phase, the case, what it waits for. Each is fitted to the terminal's width. */
export function viewOf(now: Now, atMs: number, columns: number): readonly string[] {
  const lines: string[] = [];
  const since = (span: Span) => spokenTime(Math.max(0, atMs - span.sinceMs));
  if (now.phase !== undefined) {
    const count = now.step !== undefined || now.ended > 0 ? `, ${now.ended} of ${now.planned} cases ended` : '';
    lines.push(`> ${now.phase.name} for ${since(now.phase)}${count}`);
  }
  if (now.step !== undefined) lines.push(`  ${oneLine(now.step.name)} (${since(now.step)})`);
  if (now.waiting !== undefined) {
    const { goal, saw, withinMs } = now.waiting;
    lines.push(`  waiting for ${oneLine(goal)}, at most ${spokenTime(withinMs)}: ${oneLine(saw)}`);
  }
  return lines.map((line) => fitted(line, columns));
}

/** Titles and waits begin alike: what tells them apart, how long it takes and what was last seen stand at the end. */
function fitted(line: string, columns: number): string {
  if (line.length < columns) return line;
  const room = Math.max(2, columns - 2);
  const head = Math.ceil(room / 3);
  return `${line.slice(0, head)}…${line.slice(head - room)}`;
}
