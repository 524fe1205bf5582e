import { toFinding } from '../errors/blame.ts';
import { InfraError, LostLease } from '../errors/errors.ts';
import type { RunEvent, UnstampedEvent } from '../model/events.ts';
import type { Finding } from '../model/finding.ts';
import { spokenTime } from '../model/spoken-time.ts';
import { Clock } from './clock.ts';
import { deadline, workTime } from './deadline.ts';
import { Remains } from './remains.ts';
import { settle } from './settle.ts';
import { Whereabouts } from './whereabouts.ts';

type Facts = Readonly<Record<string, string | number>>;

/** Progress for people. `info` is for everybody, `detail` for --verbose and the log file. */
export interface Log {
  info(message: string, facts?: Facts): void;
  detail(message: string, facts?: Facts): void;
}

/** Everything that a step may use. */
export interface Scope {
  /** Aborts on a user stop, the run's deadline, a lost connection or a lost lease; its reason says which. */
  readonly signal: AbortSignal;
  /** Times all work; shared by every scope of a run. */
  readonly clock: Clock;
  readonly log: Log;
  emit(event: UnstampedEvent): void;
  /**
   * Registers how to undo what was just opened. Undone last first, each under a fresh deadline of its own:
   * `signal` is that deadline, and `scope` a scope with it, for undos that wait or ask.
   */
  defer(name: string, budget: UndoBudget, undo: UndoWork): void;
  /**
   * True while nothing is known that the run leaves behind: no undo has failed, nothing was left knowingly, and nothing
   * of ours was found when before and after were compared. An undo may ask what those after it came to.
   */
  leavesNothing(): boolean;
  /** Ends the scope's work with this reason; the first one stays. Undo still runs. */
  abort(reason: Error): void;
  /** A scope that shares this one's undo stack and ends with `signal` too: for a phase, which may hear what is told in it. */
  narrowed(signal: AbortSignal, overhear?: (event: RunEvent) => void): Scope;
  /** A scope that ends with this one and has an undo stack of its own: for a case or a guest. The caller closes it. */
  child(): OwnedScope;
}

/** A scope whose owner closes it. */
export interface OwnedScope extends Scope {
  /**
   * Runs every undo, last first; failures come back as findings and never stop the next undo. Safe to call twice.
   * `withinMs` bounds them all together. Where the budgets do not fit, what is reserved for later ones is kept back,
   * the next one counts double in sharing the rest, and what it does not use is shared anew; when the time is up an
   * undo still gets a moment.
   */
  close(withinMs?: number): Promise<readonly Finding[]>;
}

/**
 * The work of one undo; the run's own signal is already aborted when it runs, so it gets one of its own. `budgetMs` is
 * what it really has: less than it was registered with when the job is about to be killed.
 */
export type UndoWork = (signal: AbortSignal, scope: Scope, budgetMs: number) => Promise<void>;

/**
 * Milliseconds; or with a part that is kept back for it however short the time, because others depend on it. What
 * `canBeLeftOut` gets only what those before it leave where the time is short, and half of that: nobody depends on it.
 */
export type UndoBudget =
  | number
  | { readonly withinMs: number; readonly reservedMs: number }
  | { readonly withinMs: number; readonly canBeLeftOut: true };

interface Undo {
  readonly name: string;
  readonly budgetMs: number;
  readonly reservedMs: number;
  readonly canBeLeftOut: boolean;
  readonly undo: UndoWork;
}

/** Even an undo whose time is up gets to send one request. */
const LAST_MOMENT_MS = 1000;

type Sink = (event: RunEvent) => void;

/** Opens the scope of a run. `sink` hears every event; `stop` is the user's own signal. */
export function openScope(sink: Sink, stop?: AbortSignal): OwnedScope {
  const clock = new Clock();
  const remains = new Remains();
  const heard = hearing(hearing(sink, clock.hear), remains.hear);
  return scopeWith({ sink: heard, clock, remains }, stop, []);
}

/** What all scopes of a run share. */
interface Common {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly remains: Remains;
}

function scopeWith(common: Common, parent: AbortSignal | undefined, stack: Undo[]): OwnedScope {
  const { sink, clock } = common;
  const controller = new AbortController();
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });

  const scope: OwnedScope = {
    ...voice(sink),
    signal: controller.signal,
    clock,
    defer: (name, budget, undo) => void stack.push({ name, undo, ...budgetOf(budget) }),
    leavesNothing: () => !common.remains.isAny,
    abort: (reason) => controller.abort(reason),
    narrowed: (signal, overhear) => narrow(scope, { ...common, sink: hearing(sink, overhear) }, signal),
    child: () => scopeWith(common, controller.signal, []),
    async close(withinMs = Number.POSITIVE_INFINITY) {
      const endsAt = performance.now() + withinMs;
      const findings: Finding[] = [];
      for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
        const finding = await runUndo(next, common, shareOf(next, stack, endsAt - performance.now()));
        if (finding === undefined) continue;
        findings.push(finding);
        common.remains.isAny = true;
      }
      parent?.removeEventListener('abort', follow);
      return findings;
    },
  };
  return scope;
}

function narrow(scope: Scope, common: Common, signal: AbortSignal): Scope {
  const { sink } = common;
  const both = AbortSignal.any([scope.signal, signal]);
  const narrower: Scope = {
    ...scope,
    ...voice(sink),
    signal: both,
    narrowed: (further, overhear) => narrow(narrower, { ...common, sink: hearing(sink, overhear) }, further),
    child: () => scopeWith(common, both, []),
  };
  return narrower;
}

function hearing(sink: Sink, overhear: Sink | undefined): Sink {
  if (overhear === undefined) return sink;
  return (event) => {
    overhear(event);
    sink(event);
  };
}

/** How a scope speaks. */
function voice(sink: Sink): Pick<Scope, 'emit' | 'log'> {
  const emit = (event: UnstampedEvent) => sink({ ...event, at: new Date().toISOString() } as RunEvent);
  const note =
    (level: 'info' | 'detail') =>
    (message: string, facts: Facts = {}) =>
      emit({ type: 'log', level, message, facts });
  return { emit, log: { info: note('info'), detail: note('detail') } };
}

function budgetOf(budget: UndoBudget): Omit<Undo, 'name' | 'undo'> {
  const { withinMs, ...rest } = typeof budget === 'number' ? { withinMs: budget } : budget;
  return { reservedMs: 0, canBeLeftOut: false, ...rest, budgetMs: withinMs };
}

/** Those after it need less than they ask for, most of the time; what it leaves is theirs. */
const NEXT_COUNTS = 2;
/** What those before it left is free when the turn comes to one that can be left out; those after it get as much again. */
const LEFT_OUT_SHARE = 0.5;

/** How much of the time that is left the next undo may take, with regard to those after it. */
function shareOf(next: Undo, rest: readonly Undo[], leftMs: number): number {
  const sum = (all: readonly Undo[], of: (undo: Undo) => number) => all.reduce((total, each) => total + of(each), 0);
  if (sum([next, ...rest], ({ budgetMs }) => budgetMs) <= leftMs) return leftMs;
  const freeMs = Math.max(0, leftMs - sum([next, ...rest], ({ reservedMs }) => reservedMs));
  const claim = ({ budgetMs, canBeLeftOut }: Undo) => (canBeLeftOut ? 0 : budgetMs);
  const own = NEXT_COUNTS * claim(next);
  const share = next.canBeLeftOut ? LEFT_OUT_SHARE : own / (own + sum(rest, claim));
  return Math.max(LAST_MOMENT_MS, Math.round(next.reservedMs + freeMs * share));
}

/** The undo's own budget goes by the run's clock, `atMostMs` by the real one: the job's end does not wait. */
async function runUndo({ name, ...one }: Undo, common: Common, atMostMs: number): Promise<Finding | undefined> {
  const budgetMs = Math.min(one.budgetMs, atMostMs);
  const whereabouts = new Whereabouts();
  const late = (uncounted = '') =>
    new InfraError(`${name}: not undone within ${spokenTime(budgetMs)}${uncounted}${whereabouts.words}`);
  using last = atMostMs === Number.POSITIVE_INFINITY ? undefined : deadline(atMostMs, undefined, late);
  using bound = workTime(budgetMs, { signal: last?.signal, clock: common.clock }, late);
  const sink = hearing(common.sink, whereabouts.hear);
  const scope = scopeWith({ ...common, sink }, bound.signal, []);
  try {
    await settle(one.undo(bound.signal, scope, budgetMs), bound.signal);
    return (await scope.close())[0];
  } catch (error) {
    if (error instanceof LostLease) {
      common.remains.isAny = true;
      // That it is lost is told where it was lost: this is what the next holder is there for.
      scope.log.info(`${name}: left to the next holder of the lease, who sweeps it: ${error.message}`);
      return undefined;
    }
    const finding = toFinding(error, `undo ${name}`);
    return finding.blame === 'internal' ? finding : { ...finding, blame: 'infra' };
  }
}
