import type { HostProfile } from '../host.ts';
import { MILAN } from './milan.ts';

/** Two EPYC 9354 with firmware that launches no SEV-ES guest while SNP is on. */
export const GENOA: HostProfile = {
  ...MILAN,
  name: 'genoa',
  hostname: 'sev-genoa-1',
  cpu: {
    ...MILAN.cpu,
    modelName: 'AMD EPYC 9354 32-Core Processor',
    model: 17,
    microcode: '0xa10113e',
    coresPerSocket: 32,
    libvirtModel: 'EPYC-Genoa',
    flags: ['sme', 'sev', 'sev_es', 'sev_snp', 'debug_swap'],
    maxAsid: 1006,
  },
  firmware: { apiMajor: 1, apiMinor: 58, build: 3 },
  kernel: { release: '6.12.0-55.9.1.el10_0.x86_64', version: '#1 SMP PREEMPT_DYNAMIC Tue Apr  8 00:55:53 UTC 2025' },
  os: { id: 'rhel', versionId: '10.0', prettyName: 'Red Hat Enterprise Linux 10.0 (Coughlan)' },
};
