import type { KubevirtConfig, RunConfig, TestChoice } from './config/run-config.ts';
import { type KubevirtVersion, parseKubevirtVersion } from './kubevirt/versions.ts';
import type { NotDemanded } from './model/report.ts';
import type { PlannedCase } from './model/result.ts';
import { type Demands, decideDemands, kindsOf } from './suite/demands.ts';
import { loadSuites, type Selection } from './suite/engine.ts';

/** What a run would do, as far as that can be told without touching a host. */
export interface Plan {
  readonly cases: readonly PlannedCase[];
  readonly notDemanded: readonly NotDemanded[];
}

/** The cases that the user's filters leave of the demanded ones. */
export function selectionOf({ labelFilter, focus, skip }: TestChoice, demands: Demands): Selection {
  return {
    kinds: kindsOf(demands),
    labels: (labels) => labelFilter?.matches(labels) ?? true,
    ...(focus === undefined ? {} : { focus }),
    ...(skip === undefined ? {} : { skip }),
  };
}

/** The KubeVirt that the user named; undefined for the one that is there. */
export function namedVersion({ choice }: KubevirtConfig): KubevirtVersion | undefined {
  return choice.kind === 'version' ? parseKubevirtVersion(choice.version) : undefined;
}

/** Loads the suites and chooses the cases that this config wants. */
export async function planOf({ tests, kubevirt }: RunConfig): Promise<Plan> {
  const suites = await loadSuites();
  const demands = decideDemands({ require: tests.require, version: namedVersion(kubevirt), host: undefined });
  return { cases: suites.plan(selectionOf(tests, demands)), notDemanded: demands.notDemanded };
}
