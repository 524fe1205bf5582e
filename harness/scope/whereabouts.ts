import type { RunEvent } from '../model/events.ts';
import type { PhaseName } from '../model/result.ts';

/** Follows the events of a run, so that whoever ends it early can say what it was at. */
export class Whereabouts {
  #phase: PhaseName | undefined;
  #waited: string | undefined;

  readonly hear = (event: RunEvent): void => {
    if (event.type === 'phase-started') {
      this.#phase = event.phase;
      this.#waited = undefined;
    }
    if (event.type === 'waiting') this.#waited = `last waited for ${event.goal}: ${event.saw}`;
  };

  /** To follow the words of an error: `; in phase kubevirt`, `; last waited for ...`, both or nothing. */
  get words(): string {
    const parts = [this.#phase === undefined ? undefined : `in phase ${this.#phase}`, this.#waited];
    return parts.flatMap((part) => (part === undefined ? [] : [`; ${part}`])).join('');
  }
}
