import type { NotDemanded } from '../harness/model/report.ts';
import type { PlannedCase } from '../harness/model/result.ts';
import { technologyName } from '../harness/model/technology.ts';

interface Plan {
  readonly cases: readonly PlannedCase[];
  readonly notDemanded: readonly NotDemanded[];
}

/** What `sevlane list` prints: suites, their cases with guest and labels, what is left out and why. */
export function planText({ cases, notDemanded }: Plan): string {
  const suites = [...new Set(cases.map(({ suite }) => suite))];
  const lines = suites.flatMap((suite) => [
    suite,
    ...cases
      .filter((one) => one.suite === suite)
      .map(({ title, guest, labels }) => `  ${title}\n      guest ${guest}, labels ${labels.join(', ') || 'none'}`),
  ]);
  const left = notDemanded.map(({ technology, reason }) => `not demanded: ${technologyName(technology)}, ${reason}`);
  return [...lines, ...left, `${cases.length} ${cases.length === 1 ? 'case' : 'cases'}`, ''].join('\n');
}

/** The same for programs. */
export function planJson(plan: Plan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}
