import type { HostProfile } from '../host.ts';
import { MILAN } from './milan.ts';
import { ROME } from './rome.ts';
import { ROME_ES } from './rome-es.ts';

/** The simulated machines that can be asked for by name. */
export const HOST_PROFILES: Readonly<Record<'milan' | 'rome' | 'rome-es', HostProfile>> = {
  milan: MILAN,
  rome: ROME,
  'rome-es': ROME_ES,
};
