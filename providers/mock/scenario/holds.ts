import type { ApiCall, Side } from './director.ts';

/** A request that stands still. */
export interface Hold {
  /** Counts from 1. */
  readonly id: number;
  readonly side: Side;
  readonly call: ApiCall;
}

/** What a hold is given: when it ends by itself, and the signal of the connection. */
export interface Holding {
  readonly side: Side;
  /** Of the wall clock; absent or Infinity: until it is released. */
  readonly forMs?: number;
  readonly signal: AbortSignal;
}

/** How a hold ended: by its time or somebody's hand, or because the client is not there any more. */
export type HoldEnd = 'released' | 'gone';

/** A moment in the life of a hold. */
export type HoldMoment = 'held' | HoldEnd;

/** The requests that stand still, for whoever wants to kill a client at that very moment. */
export interface Holds {
  /** Stands still until it is released, its time is over or the client has gone. Never rejects. */
  hold(call: ApiCall, holding: Holding): Promise<HoldEnd>;
  standing(): readonly Hold[];
  /** Resolves when one like this stands still, or when the signal aborts. */
  some(is: (hold: Hold) => boolean, signal: AbortSignal): Promise<void>;
  /** Lets one go on, or all; how many there were. */
  release(id?: number): number;
}

/** Opens a place to stand still; `tell` hears of each hold when it begins and ends. */
export function openHolds(tell: (moment: HoldMoment, hold: Hold) => void): Holds {
  const standing = new Map<number, { readonly hold: Hold; readonly end: (how: HoldEnd) => void }>();
  const waiting = new Set<() => void>();
  let count = 0;
  return {
    hold(call, { side, forMs, signal }) {
      count += 1;
      const hold: Hold = { id: count, side, call };
      return new Promise((resolve) => {
        const timer = forMs === undefined || forMs === Infinity ? undefined : setTimeout(() => end('released'), forMs);
        const leave = () => end('gone');
        const end = (how: HoldEnd) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', leave);
          if (standing.delete(hold.id)) tell(how, hold);
          resolve(how);
        };
        standing.set(hold.id, { hold, end });
        tell('held', hold);
        for (const look of [...waiting]) look();
        if (signal.aborted) leave();
        else signal.addEventListener('abort', leave, { once: true });
      });
    },
    standing: () => [...standing.values()].map(({ hold }) => hold),
    some: (is, signal) =>
      new Promise((resolve) => {
        const look = () => {
          if (!signal.aborted && ![...standing.values()].some(({ hold }) => is(hold))) return;
          waiting.delete(look);
          signal.removeEventListener('abort', look);
          resolve();
        };
        waiting.add(look);
        signal.addEventListener('abort', look);
        look();
      }),
    release(id) {
      const chosen = [...standing.values()].filter(({ hold }) => id === undefined || hold.id === id);
      for (const { end } of chosen) end('released');
      return chosen.length;
    },
  };
}

/** e.g. `held before create leases kube-system/sevlane`: what a scenario waits for, and what is told. */
export function describeHold(moment: HoldMoment, { side, call }: Hold): string {
  const { verb, resource, subresource, namespace, name } = call;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const object = [namespace, name].filter((word) => word !== '').join('/');
  return `${moment} ${side} ${verb} ${what} ${object}`.trimEnd();
}
