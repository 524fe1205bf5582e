import type { HostProfile } from '../host.ts';
import { MILAN } from './milan.ts';

/** Two EPYC 9575F, the newest with all three technologies. */
export const TURIN: HostProfile = {
  ...MILAN,
  name: 'turin',
  hostname: 'sev-turin-1',
  cpu: {
    ...MILAN.cpu,
    modelName: 'AMD EPYC 9575F 64-Core Processor',
    family: 26,
    model: 2,
    microcode: '0xb00211e',
    coresPerSocket: 64,
    libvirtModel: 'EPYC-Turin',
    flags: ['sme', 'sev', 'sev_es', 'sev_snp', 'debug_swap'],
    maxAsid: 1006,
  },
  firmware: { apiMajor: 1, apiMinor: 57, build: 40 },
  kernel: { release: '6.12.0-55.9.1.el10_0.x86_64', version: '#1 SMP PREEMPT_DYNAMIC Tue Apr  8 00:55:53 UTC 2025' },
  os: { id: 'rhel', versionId: '10.0', prettyName: 'Red Hat Enterprise Linux 10.0 (Coughlan)' },
};
