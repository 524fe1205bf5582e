import type { Setting } from '../../harness/model/setting.ts';
import { DEFAULT_PACE } from './pace.ts';
import { HOST_PROFILES } from './physics/profiles/profiles.ts';
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
  {
    key: 'sim-audit',
    valueName: 'FILE',
    group: GROUP,
    help: 'appends an audit trail of all requests over the wire to this file, a line for each stage, as a Kubernetes API server writes it',
    parse: (text) => (text.trim() === '' ? { problem: 'is empty', fix: 'name a file' } : { value: text }),
  },
];
