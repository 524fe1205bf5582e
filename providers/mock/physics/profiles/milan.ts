import type { HostProfile } from '../host.ts';

/** Two EPYC 7413 with SEV, SEV-ES and SEV-SNP: today's kind of SEV lane machine. 99 of 509 ASIDs are kept for ES and SNP. */
export const MILAN: HostProfile = {
  name: 'milan',
  hostname: 'sev-milan-1',
  cpu: {
    vendor: 'AuthenticAMD',
    modelName: 'AMD EPYC 7413 24-Core Processor',
    family: 25,
    model: 1,
    stepping: 1,
    microcode: '0xa0011d5',
    sockets: 2,
    coresPerSocket: 24,
    libvirtModel: 'EPYC-Milan',
    flags: ['sev', 'sev_es', 'sev_snp', 'debug_swap'],
    cbitpos: 51,
    reducedPhysBits: 1,
    maxAsid: 509,
    minSevAsid: 100,
  },
  memoryKiB: 1073741824,
  firmware: { apiMajor: 1, apiMinor: 55, build: 21 },
  kernel: {
    release: '6.11.0-rc3-snp-host-85ef1ac03',
    version: '#1 SMP PREEMPT_DYNAMIC Tue Sep 10 14:02:37 UTC 2024',
  },
  os: { id: 'rhel', versionId: '9.4', prettyName: 'Red Hat Enterprise Linux 9.4 (Plow)' },
  containerRuntime: 'cri-o://1.32.3',
  kubernetes: 'v1.32.3',
  sev: true,
  sevEs: true,
  sevSnp: true,
  diskUsedPercent: 13,
  clockAheadMs: 0,
};
