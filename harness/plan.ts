import type { RunConfig } from './config/run-config.ts';
import { parseKubevirtVersion } from './kubevirt/versions.ts';
import type { NotDemanded } from './model/report.ts';
import type { PlannedCase } from './model/result.ts';
import { decideDemands, kindsOf } from './suite/demands.ts';
import { loadSuites } from './suite/engine.ts';

/** What a run would do, as far as that can be told without touching a host. */
export interface Plan {
  readonly cases: readonly PlannedCase[];
  readonly notDemanded: readonly NotDemanded[];
}

/** Loads the suites and chooses the cases that this config wants. */
export async function planOf({ tests, kubevirt }: RunConfig): Promise<Plan> {
  const { choice } = kubevirt;
  const version = choice.kind === 'version' ? parseKubevirtVersion(choice.version) : undefined;
  const demands = decideDemands({ require: tests.require, version, host: undefined });
  const suites = await loadSuites();
  const cases = suites.plan({
    kinds: kindsOf(demands),
    labels: (labels) => tests.labelFilter?.matches(labels) ?? true,
    ...(tests.focus === undefined ? {} : { focus: tests.focus }),
    ...(tests.skip === undefined ? {} : { skip: tests.skip }),
  });
  return { cases, notDemanded: demands.notDemanded };
}
