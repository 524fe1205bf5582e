import type { Setting } from '../../harness/model/setting.ts';
import type { SettingProblem, SettingValues } from '../../harness/provider/contract.ts';
import { DEFAULT_PACE } from './controllers/index.ts';
import type { KubevirtVersion } from './kubevirt/version.ts';
import { KNOWN_VERSIONS, kubevirtVersion } from './kubevirt/versions.ts';
import type { HostProfile } from './physics/host.ts';
import { HOST_PROFILES } from './physics/profiles/profiles.ts';
import type { Scenario } from './scenario/grammar.ts';
import { loadScenario } from './scenario/named.ts';
import { nearest } from './scenario/pattern.ts';

const GROUP = 'Simulated host';
const PROFILE_NAMES = Object.keys(HOST_PROFILES);

/** The settings rows of the simulated host. */
export const SIM_SETTINGS: readonly Setting[] = [
  {
    key: 'sim-host',
    valueName: PROFILE_NAMES.join('|'),
    group: GROUP,
    default: 'milan',
    help: 'the machine that is simulated: milan and turin have SEV, SEV-ES and SEV-SNP, genoa has firmware that wants no SEV-ES beside SEV-SNP, rome-es no SEV-SNP, rome and naples SEV only, nested and intel nothing',
    parse(text) {
      const profile = Object.entries(HOST_PROFILES).find(([name]) => name === text)?.[1];
      if (profile !== undefined) return { value: profile };
      const near = nearest(text, PROFILE_NAMES);
      const fix = near === undefined ? `use one of ${PROFILE_NAMES.join(', ')}` : `did you mean ${near}?`;
      return { problem: `no simulated host is called "${text}"`, fix };
    },
  },
  {
    key: 'sim-scenario',
    valueName: 'NAME|FILE',
    group: GROUP,
    default: 'healthy',
    help: 'what goes wrong on the simulated host: the name of a scenario, or a file; see docs/scenarios.md',
    parse: (text) => (text.trim() === '' ? { problem: 'is empty', fix: 'name a scenario or a file' } : { value: text }),
  },
  {
    key: 'sim-pace',
    valueName: 'NUMBER',
    group: GROUP,
    default: String(DEFAULT_PACE),
    help: 'simulated seconds in a real one; 1 is real pace',
    parse(text) {
      const pace = Number(text);
      if (Number.isFinite(pace) && pace > 0 && pace <= 100_000) return { value: pace };
      return { problem: `"${text}" is no pace`, fix: 'give a number above 0 and up to 100000, e.g. 1 for real pace' };
    },
  },
];

/** The settings of a simulated host, the common rows among them, as far as they are in order. */
export interface SimValues {
  readonly profile: HostProfile;
  readonly scenario: Scenario;
  readonly pace: number;
  readonly seed: number;
  readonly kubernetes: string | undefined;
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
