import type { Budgets } from '../config/run-config.ts';
import type { BundleTime } from '../evidence/bundle/occasions.ts';
import type { OwnedScope } from '../scope/scope.ts';
import { type RunInput, subjectOf } from './input.ts';

/** Collecting for all cases together may take a tenth of what the suites have. */
export function bundleTime({ bundleMs, suitesMs, runMs }: Budgets): BundleTime {
  return { eachMs: bundleMs, casesMs: suitesMs / 10, runEndsAt: performance.now() + runMs };
}

/** The report is written after everything is undone, and has to be whole when the job is killed. */
const REPORT_MS = 2000;

/** How long undoing may take, asked when it begins: after a signal it ends before the job is killed. */
export function hurryOf(input: RunInput): () => number {
  const { budgets, leave } = input.config;
  let askedAt: number | undefined;
  const note = () => {
    askedAt = performance.now();
  };
  if (input.stop.aborted) note();
  else input.stop.addEventListener('abort', note, { once: true });
  const graceMs = leave.graceMs ?? subjectOf(input).job.graceMs;
  return () => {
    if (askedAt === undefined || graceMs === undefined) return budgets.undoMs;
    return Math.max(0, Math.min(budgets.undoMs, askedAt + graceMs - REPORT_MS - performance.now()));
  };
}

/** Undoes everything, last first, as a phase of its own. */
export async function undo(scope: OwnedScope, budgetMs: number): Promise<void> {
  const startedAt = performance.now();
  scope.emit({ type: 'phase-started', phase: 'undo', budgetMs });
  const [finding, ...others] = await scope.close(budgetMs);
  for (const other of others) scope.emit({ type: 'trouble', finding: other });
  const ms = Math.round(performance.now() - startedAt);
  const result = finding === undefined ? ({ outcome: 'passed' } as const) : ({ outcome: 'errored', finding } as const);
  scope.emit({ type: 'phase-ended', result: { name: 'undo', ms, ...result } });
}
