import { InfraError } from '../../errors/errors.ts';
import { spokenTime } from '../../model/spoken-time.ts';
import type { Scope } from '../../scope/scope.ts';
import { type Look, until } from '../../scope/until.ts';
import type { KubeClient } from '../client.ts';
import { mayPass, persist } from '../persist.ts';
import { type Clocks, OWN_CLOCKS } from './clocks.ts';
import { LeaseKeeper } from './keeper.ts';
import { LeaseQueue } from './queue.ts';
import type { LeasePriority } from './queue-record.ts';
import { describeHolder, type Holder, type Lease } from './record.ts';
import { LeaseSeat, type Taken } from './seat.ts';
import { sweepQueue } from './sweep-queue.ts';

export interface LeaseOptions extends Holder {
  readonly namespace: string;
  /** Default `sevlane`. */
  readonly name?: string;
  /** How long to queue for it; 0 tries once. */
  readonly waitMs: number;
  /** Place in the queue; default developer. */
  readonly priority?: LeasePriority;
  /** Default this machine's own. */
  readonly clocks?: Clocks;
}

/** The cluster is ours until the scope closes, or until the scope is aborted with a LostLease because it is not any more. */
export interface HeldLease {
  /** Rises with every change of holder (`leaseTransitions`). */
  readonly epoch: number;
}

/** Time for the requests of the last look when the wait itself is over. */
const LAST_LOOK_MS = 10_000;
const LONGEST_PAUSE_MS = 2000;
const RELEASE_MS = 30_000;
const RELEASE_AT_LEAST_MS = 2000;
/** Whoever stands further back waits no longer for those before it. */
const MOST_AHEAD = 5;

/**
 * Takes the Lease by compare-and-swap, renews it, and gives it back when the scope closes. Whether another holder is
 * dead is judged by changes seen on our own clock, never by its timestamps, as client-go does. Those who wait queue for
 * it, by priority and arrival. From then on the client changes nothing that the lease does not cover.
 * @throws InfraError naming the holder and since when, after `waitMs`.
 */
export async function acquireLease(scope: Scope, client: KubeClient, options: LeaseOptions): Promise<HeldLease> {
  const { namespace, name = 'sevlane', clocks = OWN_CLOCKS, priority = 'developer' } = options;
  const what = `lease "${name}" in namespace "${namespace}"`;
  const holder: Holder = options;
  const { unfenced } = client;
  const seat = new LeaseSeat({ client: unfenced, namespace, name, holder, clocks });
  const queue = new LeaseQueue({ scope, client: unfenced, namespace, name, waiter: { ...holder, priority }, clocks });
  let keeper: LeaseKeeper | undefined;
  // Before the first try: an answer may be lost, and a record that nobody renews keeps the next run waiting.
  // Whatever else is left out: the next run has to find the cluster free.
  scope.defer(`release ${what}`, { withinMs: RELEASE_MS, reservedMs: RELEASE_AT_LEAST_MS }, (signal, own) =>
    persist(`${what} released`, { scope: own, client: unfenced }, () => (keeper ?? seat).release(signal)),
  );
  const taken = await takeTurn(scope, { seat, queue, what, options });
  keeper = new LeaseKeeper(
    { scope, client: unfenced, holder, path: seat.path, what, lease: `${namespace}/${name}`, clocks },
    taken,
  );
  keeper.start();
  client.raise(keeper.fence);
  const { epoch } = keeper.fence;
  scope.log.detail(`${what}: taken`, { epoch });
  await queue.leave(scope.signal).catch((error: unknown) => {
    // It is tried again when the scope closes.
    if (!(error instanceof InfraError)) throw error;
    scope.log.detail(`waiting: the queue is not left yet: ${error.message}`);
  });
  sweepQueue(scope, client, { queue, durationMs: holder.durationMs });
  return { epoch };
}

interface Turn {
  readonly seat: LeaseSeat;
  readonly queue: LeaseQueue;
  readonly what: string;
  readonly options: LeaseOptions;
}

async function takeTurn(scope: Scope, turn: Turn): Promise<Taken> {
  const { seat, what, options } = turn;
  const { waitMs, durationMs } = options;
  const retryMs = Math.min(LONGEST_PAUSE_MS, durationMs / 10);
  const startedAt = performance.now();
  const withinMs = waitMs + LAST_LOOK_MS + overdueMs(MOST_AHEAD, retryMs);
  const limits = { scope, withinMs, everyMs: retryMs, blame: 'infra' } as const;
  return await until(what, limits, async (signal) => {
    const waitedMs = performance.now() - startedAt;
    const isLast = waitedMs >= waitMs;
    try {
      const seen = await look(turn, { retryMs, isLast, signal });
      // Whoever finds it free comes to its turn within a few looks, and is not sent away.
      if (seen.done || !isLast || seat.isFree) return seen;
      throw busy(what, seen.saw, waitedMs);
    } catch (error) {
      if (isLast || !mayPass(error)) throw error;
      return { done: false, saw: error.message };
    }
  });
}

interface Glance {
  readonly retryMs: number;
  /** True when nobody waits after this look: then no place in the queue is wanted. */
  readonly isLast: boolean;
  readonly signal: AbortSignal;
}

async function look({ seat, queue }: Turn, { retryMs, isLast, signal }: Glance): Promise<Look<Taken>> {
  const current = await seat.look(signal);
  if (current === 'ours') return { done: true, value: seat.taken() };
  const { ahead, length } = await queue.standing(signal);
  if (seat.isFree) {
    // Only the first one tries at once. The others see whether it does: a dead one must not keep them waiting.
    if (seat.freeForMs >= overdueMs(ahead.length, retryMs)) {
      const taken = await seat.take(signal);
      return taken === undefined ? { done: false, saw: 'another run was faster' } : { done: true, value: taken };
    }
  } else if (!isLast) await queue.announce(signal);
  const place = placeWords(ahead, length);
  const held = current === undefined || seat.isFree ? 'free' : `held by ${describeHolder(current)}`;
  return { done: false, saw: `${held}${place}` };
}

/** How long a lease has to stay free before one tries that has so many before it: longer than they need to see it. */
function overdueMs(ahead: number, retryMs: number): number {
  return ahead === 0 ? 0 : retryMs * (1 + Math.min(ahead, MOST_AHEAD));
}

function placeWords(ahead: readonly Lease[], length: number): string {
  const before = ahead.at(-1);
  if (before === undefined) return length > 1 ? `; first of ${length} in the queue` : '';
  return `; number ${ahead.length + 1} of ${Math.max(length, ahead.length + 1)} in the queue, after ${describeWaiter(before)}`;
}

function describeWaiter({ spec, metadata }: Lease): string {
  return spec?.holderIdentity ?? metadata.name ?? 'somebody';
}

function busy(what: string, saw: string, waitedMs: number): InfraError {
  return new InfraError(`${what}: the cluster is busy: ${saw}; waited ${spokenTime(waitedMs)}`, {
    hint: 'wait for that run to end, or queue for longer with --lease-wait; sevlane lease show tells who has it',
  });
}
