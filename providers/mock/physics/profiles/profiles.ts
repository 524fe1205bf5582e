import type { HostProfile } from '../host.ts';
import { GENOA } from './genoa.ts';
import { INTEL } from './intel.ts';
import { MILAN } from './milan.ts';
import { NAPLES } from './naples.ts';
import { NESTED } from './nested.ts';
import { ROME } from './rome.ts';
import { ROME_ES } from './rome-es.ts';
import { TURIN } from './turin.ts';

export type ProfileName = 'milan' | 'rome' | 'rome-es' | 'naples' | 'genoa' | 'turin' | 'nested' | 'intel';

/** The simulated machines that can be asked for by name. */
export const HOST_PROFILES: Readonly<Record<ProfileName, HostProfile>> = {
  milan: MILAN,
  rome: ROME,
  'rome-es': ROME_ES,
  naples: NAPLES,
  genoa: GENOA,
  turin: TURIN,
  nested: NESTED,
  intel: INTEL,
};
