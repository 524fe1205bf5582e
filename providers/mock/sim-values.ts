import type { SettingProblem, SettingValues } from '../../harness/provider/contract.ts';
import type { KubevirtVersion } from './kubevirt/version.ts';
import { KNOWN_VERSIONS, kubevirtVersion } from './kubevirt/versions.ts';
import { DEFAULT_PACE } from './pace.ts';
import type { HostProfile } from './physics/host.ts';
import { HOST_PROFILES } from './physics/profiles/profiles.ts';
import type { Scenario } from './scenario/grammar.ts';
import { loadScenario } from './scenario/named.ts';

/** The settings of a simulated host, the common rows among them, as far as they are in order. */
export interface SimValues {
  readonly profile: HostProfile;
  readonly scenario: Scenario;
  readonly pace: number;
  readonly seed: number;
  readonly kubernetes: string | undefined;
  /** The file of the audit trail. */
  readonly auditFile: string | undefined;
  /** Undefined for one that is not named by a version. */
  readonly kubevirt: KubevirtVersion | undefined;
}

/** Reads the values, or tells everything that is wrong with them: an unknown scenario, its mistakes, an unknown KubeVirt. */
export function readSimValues(
  values: SettingValues,
): { readonly values: SimValues } | { readonly problems: readonly SettingProblem[] } {
  const name = typeof values['sim-scenario'] === 'string' ? values['sim-scenario'] : 'healthy';
  const loaded = loadScenario(name);
  const asked = askedKubevirt(values.kubevirt);
  const kubevirt = asked === undefined ? undefined : kubevirtVersion(asked);
  const problems: SettingProblem[] = 'problems' in loaded ? [...loaded.problems] : [];
  if (asked !== undefined && kubevirt === undefined) {
    const known = KNOWN_VERSIONS.map(({ text }) => text).join(', ');
    problems.push({
      place: '--kubevirt',
      problem: `KubeVirt ${asked} is not simulated`,
      fix: `use one of ${known} or another patch release of theirs`,
    });
  }
  if (!('scenario' in loaded) || problems.length > 0) return { problems };
  return {
    values: {
      profile: (values['sim-host'] as HostProfile | undefined) ?? HOST_PROFILES.milan,
      scenario: loaded.scenario,
      pace: typeof values['sim-pace'] === 'number' ? values['sim-pace'] : DEFAULT_PACE,
      seed: typeof values.seed === 'number' ? values.seed : 1,
      auditFile: typeof values['sim-audit'] === 'string' ? values['sim-audit'] : undefined,
      kubernetes: typeof values.kubernetes === 'string' ? values.kubernetes : undefined,
      kubevirt,
    },
  };
}

/** The common row gives `{ kind: 'version', version }` or `{ kind: 'existing' }`. */
function askedKubevirt(choice: unknown): string | undefined {
  if (typeof choice !== 'object' || choice === null || !('version' in choice)) return undefined;
  return typeof choice.version === 'string' ? choice.version : undefined;
}
