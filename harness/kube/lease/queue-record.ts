import { type Holder, held, LEASE_API, type Lease, microTime, namedBy } from './record.ts';

/** Whose turn comes first. */
export const PRIORITIES = ['presubmit', 'periodic', 'developer'] as const;
export type LeasePriority = (typeof PRIORITIES)[number];

/** On the record of a waiting run: the name of the lease that it waits for. No `sevlane/run`: it is no leftover to sweep. */
export const QUEUE_LABEL = 'sevlane/queue';
export const PRIORITY_ANNOTATION = 'sevlane/priority';

/** A run that waits. */
export interface Waiter extends Holder {
  readonly priority: LeasePriority;
}

/** By what a waiting run is known beside the lease `name` that it waits for. */
export function waitingName(name: string, { runId }: Holder): string {
  return `${name}-waiting-${runId}`;
}

/** The record by which a run says that it waits; its creation is its arrival, by the server's clock. */
export function waitingLease(namespace: string, name: string, waiter: Waiter, now: Date): Lease {
  return {
    apiVersion: LEASE_API,
    kind: 'Lease',
    metadata: {
      namespace,
      name: waitingName(name, waiter),
      labels: { [QUEUE_LABEL]: name },
      annotations: { ...namedBy(waiter), [PRIORITY_ANNOTATION]: waiter.priority },
    },
    spec: held(waiter, now),
  };
}

/** What says that it still waits. */
export function stillWaiting(now: Date): { readonly spec: { readonly renewTime: string } } {
  return { spec: { renewTime: microTime(now) } };
}

/** The priority of a waiting run; a word that is not known comes last. */
export function priorityOf({ metadata }: Lease): LeasePriority {
  const word = metadata.annotations?.[PRIORITY_ANNOTATION];
  return PRIORITIES.find((known) => known === word) ?? 'developer';
}

/** Sorts by priority, then by arrival, then by name: all who look see the same order. */
export function inOrder(waiting: readonly Lease[]): readonly Lease[] {
  const rank = (one: Lease) => PRIORITIES.indexOf(priorityOf(one));
  const arrival = ({ metadata }: Lease) => metadata.creationTimestamp ?? '';
  const name = ({ metadata }: Lease) => metadata.name ?? '';
  return [...waiting].sort((a, b) => rank(a) - rank(b) || compare(arrival(a), arrival(b)) || compare(name(a), name(b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
