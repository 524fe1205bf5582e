import type { HostProfile } from '../host.ts';
import { ROME_ES } from './rome-es.ts';

/** The Rome machine as its BIOS comes: every ASID is for plain SEV, so 0 SEV-ES guests although the silicon knows ES. */
export const ROME: HostProfile = {
  ...ROME_ES,
  name: 'rome',
  cpu: { ...ROME_ES.cpu, minSevAsid: 1 },
  sevEs: false,
};
