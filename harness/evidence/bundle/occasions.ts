import { Interrupted } from '../../errors/errors.ts';
import type { RunEvent } from '../../model/events.ts';
import type { Scope } from '../../scope/scope.ts';
import type { Bundles } from './bundles.ts';
import type { Reach } from './collecting.ts';
import type { Failure } from './contents.ts';

/** What the bundles of a run may cost. */
export interface BundleTime {
  /** For one bundle. */
  readonly eachMs: number;
  /** For those of all cases together: collecting must not eat up what the suites have. */
  readonly casesMs: number;
  /** When the run's deadline is, by performance.now(). */
  readonly runEndsAt: number;
}

/** Keeps the bundle of a failed case. */
export type KeepCase = (scope: Scope, failure: Omit<Failure, 'of'>) => Promise<void>;

/** A keeper for the cases of a run: it stops when they have used up their time, or the run's is nearly over. */
export function caseKeeper(bundles: Bundles, reach: Reach, time: BundleTime): KeepCase {
  let spentMs = 0;
  return async (scope, failure) => {
    const startedAt = performance.now();
    const leftMs = Math.min(time.casesMs - spentMs, time.runEndsAt - startedAt);
    const withinMs = Math.max(0, Math.min(time.eachMs, leftMs));
    await bundles.keep(scope, { of: 'case', ...failure }, { reach, withinMs });
    spentMs += performance.now() - startedAt;
  };
}

/** Follows the events of a run, so that the phase that failed is known when it is over. */
export class PhaseWatch {
  readonly #begun = new Map<string, number>();
  failed: Failure | undefined;

  readonly hear = (event: RunEvent): void => {
    if (event.type === 'phase-started') this.#begun.set(event.phase, Date.parse(event.at));
    if (event.type !== 'phase-ended' || event.result.finding === undefined) return;
    const { name, finding } = event.result;
    const beganAt = this.#begun.get(name) ?? Date.parse(event.at);
    this.failed = { of: 'phase', row: name, finding, beganAt };
  };
}

/**
 * After the run's own deadline there is a minute until the job's: so much of it is for looking around. Source: the
 * derivation of the run's deadline in harness/config/resolve.ts.
 */
const AFTER_DEADLINE_MS = 15_000;

/** How a run ended early, when it did. */
export interface EarlyEnd {
  /** The reason of the run's end; undefined while it goes on. */
  readonly reason: unknown;
  /** True when that was the run's own deadline: then everything can still be asked. */
  readonly isDeadline: boolean;
}

/** Keeps the bundle of the phase in which a run failed. A run that was told to stop leaves at once, and says so. */
export async function keepOfPhase(
  scope: Scope,
  bundles: Bundles,
  moment: {
    readonly failed: Failure | undefined;
    readonly reach: Reach;
    readonly time: BundleTime;
    readonly end: EarlyEnd | undefined;
  },
): Promise<void> {
  const { failed, reach, time, end } = moment;
  if (failed === undefined) return;
  if (end?.reason instanceof Interrupted) {
    scope.log.info(`no bundle of phase ${failed.row}: ${end.reason.message}, and what time is left is for undoing`);
    return;
  }
  const leftMs = Math.max(AFTER_DEADLINE_MS, time.runEndsAt - performance.now());
  const withinMs = Math.min(time.eachMs, leftMs);
  const isCut = end !== undefined && !end.isDeadline;
  const why = end?.reason instanceof Error ? end.reason.message : 'the run has ended';
  await bundles.keep(scope, failed, { reach, withinMs, ...(isCut ? { short: why } : {}) });
}
