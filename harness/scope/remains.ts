import type { RunEvent } from '../model/events.ts';

/** Whether anything is known that a run leaves behind. */
export class Remains {
  isAny = false;

  /** Learns from the events of the run what was left knowingly, and what was found when it was compared. */
  readonly hear = (event: RunEvent): void => {
    if (event.type !== 'traces') return;
    const { left = [], differences = [] } = event.traces;
    if (left.length > 0 || differences.some(({ whose }) => whose === 'ours')) this.isAny = true;
  };
}
