import type { Clock } from '../clock.ts';
import type { When } from './grammar.ts';
import { matchesPattern } from './pattern.ts';

/** What a trigger needs of the simulation. `draw` gives numbers in [0, 1) from the run's seed. */
export interface TriggerWorld {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly draw: () => number;
}

/** Tells whether a fault's time has come. Set off by events and time; counts the occasions it is asked about. */
export interface Trigger {
  /** True once the events and the time that it waits for have come. */
  isArmed(): boolean;
  /** Calls back once when that happens, at once when it already has. */
  whenArmed(listener: () => void): void;
  hear(event: string): void;
  /** One occasion, e.g. a request that matches: does the fault strike? Counts it either way. */
  strikes(): boolean;
}

/** Makes the trigger of one fault. `times` bounds how often it strikes. */
export function makeTrigger(when: When | undefined, times: number | undefined, world: TriggerWorld): Trigger {
  const { event, nth, afterMs, chance } = when === undefined || when === 'at once' ? NOTHING : when;
  const listeners: (() => void)[] = [];
  let armed = false;
  let heard = 0;
  let occasions = 0;
  let strikes = 0;

  const arm = () => {
    armed = true;
    for (const listener of listeners.splice(0)) listener();
  };
  const armInTime = () => {
    if (afterMs === undefined || afterMs === 0) return arm();
    void world.clock.sleep(afterMs, world.signal).then(() => {
      if (!world.signal.aborted) arm();
    });
  };
  if (event === undefined) armInTime();

  return {
    isArmed: () => armed,
    whenArmed(listener) {
      if (armed) listener();
      else listeners.push(listener);
    },
    hear(happened) {
      if (event === undefined || !matchesPattern(event, happened)) return;
      heard += 1;
      if (heard === (nth ?? 1)) armInTime();
    },
    strikes() {
      if (!armed) return false;
      occasions += 1;
      const from = event === undefined ? (nth ?? 1) : 1;
      // The nth occasion means that one alone, unless `times` says how many from there on.
      const most = times ?? (event === undefined && nth !== undefined ? 1 : Number.POSITIVE_INFINITY);
      if (occasions < from || strikes >= most) return false;
      if (chance !== undefined && world.draw() >= chance) return false;
      strikes += 1;
      return true;
    },
  };
}

const NOTHING: Exclude<When, 'at once'> = {};
