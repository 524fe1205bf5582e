import { toFinding } from '../errors/blame.ts';
import { InfraError } from '../errors/errors.ts';
import type { PhaseName } from '../model/result.ts';
import { spokenTime } from '../model/spoken-time.ts';
import { workTime } from './deadline.ts';
import type { Scope } from './scope.ts';
import { settle } from './settle.ts';
import { Whereabouts } from './whereabouts.ts';

/** One step: its name, its time, and what a reader can do when that was too short. */
export interface PhaseStep {
  readonly name: PhaseName;
  readonly budgetMs: number;
  readonly hint?: string;
}

/**
 * Runs one named step of the run: times it, applies its budget by the run's clock, tells how it ended.
 * The step's scope shares the run's undo stack, so what it opened outlives it.
 * @throws InfraError with what was last waited for when the budget is used up.
 */
export async function phase<T>(scope: Scope, step: PhaseStep, work: (scope: Scope) => Promise<T>): Promise<T> {
  const { name, budgetMs } = step;
  const whereabouts = new Whereabouts();
  const startedAt = performance.now();
  const ended = () => Math.round(performance.now() - startedAt);
  scope.emit({ type: 'phase-started', phase: name, budgetMs });
  using bound = workTime(budgetMs, scope, (uncounted) => overrun(step, `${uncounted}${whereabouts.words}`));
  try {
    const value = await settle(work(scope.narrowed(bound.signal, whereabouts.hear)), bound.signal);
    scope.emit({ type: 'phase-ended', result: { name, outcome: 'passed', ms: ended() } });
    return value;
  } catch (error) {
    const finding = toFinding(error, `phase ${name}`);
    const outcome = finding.blame === 'product' ? 'failed' : 'errored';
    scope.emit({ type: 'phase-ended', result: { name, outcome, ms: ended(), finding } });
    throw error;
  }
}

function overrun({ name, budgetMs, hint }: PhaseStep, words: string): InfraError {
  return new InfraError(`${name}: not done within ${spokenTime(budgetMs)}${words}`, hint === undefined ? {} : { hint });
}
