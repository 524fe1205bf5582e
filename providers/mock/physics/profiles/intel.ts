import type { HostProfile } from '../host.ts';
import { MILAN } from './milan.ts';

/** A machine of another vendor, which knows nothing of AMD's memory encryption. */
export const INTEL: HostProfile = {
  ...MILAN,
  name: 'intel',
  hostname: 'intel-1',
  cpu: {
    ...MILAN.cpu,
    vendor: 'GenuineIntel',
    modelName: 'Intel(R) Xeon(R) Gold 6438M',
    family: 6,
    model: 143,
    stepping: 8,
    microcode: '0x2b000590',
    coresPerSocket: 32,
    libvirtModel: 'SapphireRapids',
    flags: [],
    maxAsid: 0,
    minSevAsid: 0,
  },
  sev: false,
  sevEs: false,
  sevSnp: false,
};
