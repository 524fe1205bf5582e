import type { RunEvent } from '../../model/events.ts';
import type { Moment } from './moments.ts';

/** The beginning of a run and its latest part: what is between is in the run's log. */
const FIRST = 300;
const LATEST = 1500;

/** Remembers what the run told, for the timelines of its bundles. */
export class History {
  readonly #first: Moment[] = [];
  readonly #latest: Moment[] = [];

  readonly hear = (event: RunEvent): void => {
    const text = wordsOf(event);
    if (text === undefined) return;
    const moment = { atMs: Date.parse(event.at), from: event.type === 'connection' ? 'connection' : 'sevlane', text };
    if (this.#first.length < FIRST) this.#first.push(moment);
    else this.#latest.push(moment);
    if (this.#latest.length > LATEST) this.#latest.shift();
  };

  get moments(): readonly Moment[] {
    return [...this.#first, ...this.#latest];
  }
}

function wordsOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'run-started':
      return `run ${event.runId} begins`;
    case 'phase-started':
      return `phase ${event.phase} begins`;
    case 'phase-ended': {
      const { name, outcome, finding, reason } = event.result;
      return `phase ${name} ${outcome}${told(finding?.message ?? reason)}`;
    }
    case 'case-started':
      return `case begins: ${event.title}`;
    case 'case-ended': {
      const { title, outcome, finding, reason } = event.result;
      return `case ${outcome}: ${title}${told(finding?.message ?? reason)}`;
    }
    case 'connection': {
      const { kind, saw, ms } = event.moment;
      // Measurements are no news.
      return kind === 'measured' ? undefined : `${kind}${ms === undefined ? '' : ` after ${ms} ms`}${told(saw)}`;
    }
    case 'ending':
      return `the run ends early: ${event.finding.message}`;
    case 'trouble':
      return `trouble: ${event.finding.message}`;
    case 'waiting':
      return `waiting for ${event.goal}: ${event.saw}`;
    case 'log':
      return event.message;
    default:
      return undefined;
  }
}

function told(words: string | undefined): string {
  return words === undefined ? '' : `: ${words}`;
}
