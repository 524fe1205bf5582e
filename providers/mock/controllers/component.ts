import type { KubeObject } from '../api/objects.ts';
import type { Clock } from '../clock.ts';
import type { Director } from '../scenario/director.ts';
import { EventRecorder } from './events.ts';
import { type Informer, startInformer } from './informer.ts';
import { keyOf } from './kinds.ts';
import { Refusal, type Rest, restOver } from './rest.ts';
import type { KubeApi, KubeApiAs } from './seam.ts';
import type { Tasks } from './tasks.ts';
import { WorkQueue } from './work-queue.ts';

/** One process that talks to the API under one identity: its client, its informers, its event source. */
export interface Component {
  readonly name: string;
  readonly api: KubeApi;
  readonly rest: Rest;
  readonly clock: Clock;
  readonly director: Director;
  readonly signal: AbortSignal;
  readonly events: EventRecorder;
  readonly tasks: Tasks;
  /** The informer of this collection; one for all who ask. */
  informer<T extends KubeObject>(path: string): Informer<T>;
  /** A loop over keys. Wire it with `trigger`; it starts working when all informers that it was given have synced. */
  loop(
    watched: readonly { readonly synced: Promise<void> }[],
    reconcile: (key: string) => Promise<void>,
    parallel?: number,
  ): Loop;
  now(): string;
}

/** A running reconcile loop. */
export interface Loop {
  add(key: string): void;
  addAfter(key: string, simulatedMs: number): void;
}

export interface ComponentSetup {
  readonly name: string;
  /** The `source.component` of its events. */
  readonly eventSource?: string;
  readonly as: KubeApiAs;
  readonly username: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly clock: Clock;
  readonly director: Director;
  readonly signal: AbortSignal;
  readonly tasks: Tasks;
}

/** Makes a component. Its informers and loops end with its signal; `tasks` knows when they have. */
export function component(setup: ComponentSetup): Component {
  const { clock, signal, tasks } = setup;
  const api = setup.as(setup.username, setup.extra);
  const rest = restOver(api);
  const informers = new Map<string, Informer<KubeObject>>();
  const now = () => `${clock.now().toISOString().slice(0, 19)}Z`;
  return {
    name: setup.name,
    api,
    rest,
    clock,
    director: setup.director,
    signal,
    events: new EventRecorder(rest, clock, setup.eventSource ?? setup.name),
    tasks,
    now,
    informer<T extends KubeObject>(path: string): Informer<T> {
      let known = informers.get(path);
      if (known === undefined) {
        const { informer, done } = startInformer<KubeObject>({ api, rest, signal }, path);
        tasks.track(done);
        informers.set(path, informer);
        known = informer;
      }
      return known as Informer<T>;
    },
    loop(watched, reconcile, parallel) {
      const queue = new WorkQueue(clock, signal);
      const failed = (key: string, error: unknown) => {
        // Refusals are everyday life (conflicts, outages); anything else is a bug of ours.
        if (!(error instanceof Refusal)) tasks.report(new Error(`${setup.name} ${key}`, { cause: error }));
      };
      tasks.run(async () => {
        await untilAborted(Promise.all(watched.map((informer) => informer.synced)), signal);
        if (!signal.aborted) await queue.run(reconcile, failed, parallel);
      });
      return queue;
    },
  };
}

/** Wires an informer to a loop: `keys` says which keys a change concerns; default: the object's own. */
export function trigger<T extends KubeObject>(
  informer: Informer<T>,
  loop: Loop,
  keys: (object: T, old: T | undefined, deleted: boolean) => readonly string[] = (object) => [keyOf(object)],
): void {
  informer.onChange(({ object, old, deleted }) => {
    for (const key of keys(object, old, deleted)) loop.add(key);
  });
}

/** A fast clock must not kill anybody for the simulator's own slowness: the least that a grace lasts on the wall. */
const LEAST_GRACE_MS = 300;

/** Waits out a grace of so many simulated seconds, unless the signal aborts first. */
export async function grace(clock: Clock, seconds: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(Math.max(seconds * 1000, LEAST_GRACE_MS * clock.pace), signal);
}

/** Settles with the work or, without a value, when the signal aborts. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let stop: () => void = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
