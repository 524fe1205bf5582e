import type { KubevirtConfig, RunConfig, TestChoice } from './config/run-config.ts';
import { UsageError } from './errors/errors.ts';
import type { Kubevirt } from './kubevirt/provide.ts';
import { type KubevirtVersion, parseKubevirtVersion } from './kubevirt/versions.ts';
import type { HostFacts } from './model/host-facts.ts';
import type { NotDemanded } from './model/report.ts';
import type { PlannedCase } from './model/result.ts';
import type { Scope } from './scope/scope.ts';
import {
  type DemandFacts,
  type Demands,
  decideDemands,
  kindsOf,
  narrowDemands,
  refuseMissing,
} from './suite/demands.ts';
import { loadSuites, type Selection, type Suites } from './suite/engine.ts';

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

/** What is known by now of what a plan depends on. */
export interface Known {
  readonly config: RunConfig;
  readonly host: HostFacts | undefined;
  readonly kubevirt?: Kubevirt;
  /** Of the node. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Tells what is demanded and which cases follow. @throws UsageError when no case is left. */
export function tellPlan(
  scope: Scope,
  suites: Suites,
  { config, host, kubevirt, labels }: Known,
): { readonly selection: Selection } {
  const version = kubevirt?.version ?? namedVersion(config.kubevirt);
  const { require } = config.tests;
  const facts: DemandFacts = { require, version, host, ...(labels === undefined ? {} : { labels }) };
  const demands = decideDemands(facts);
  const selection = selectionOf(config.tests, demands);
  const cases = suites.plan(selection);
  scope.emit({ type: 'demands', ...narrowDemands(demands, facts.require, cases) });
  scope.emit({ type: 'plan', cases });
  if (cases.length === 0) {
    throw new UsageError('no case is left to run', {
      hint: 'loosen --label-filter, --focus, --skip or --require; sevlane list shows what there is',
    });
  }
  if (host !== undefined) refuseMissing(scope, suites, { host, demands, selection, version });
  return { selection };
}
