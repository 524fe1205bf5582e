import type { HostProfile } from '../host.ts';

/** Two EPYC 7742 on RHEL 8.7 with SEV and SEV-ES; this silicon has no SNP. 99 of 509 ASIDs are kept for ES. */
export const ROME_ES: HostProfile = {
  name: 'rome-es',
  hostname: 'sev-rome-1',
  cpu: {
    vendor: 'AuthenticAMD',
    modelName: 'AMD EPYC 7742 64-Core Processor',
    family: 23,
    model: 49,
    stepping: 0,
    microcode: '0x8301055',
    sockets: 2,
    coresPerSocket: 64,
    libvirtModel: 'EPYC-Rome',
    flags: ['sme', 'sev', 'sev_es'],
    cbitpos: 47,
    reducedPhysBits: 1,
    maxAsid: 509,
    minSevAsid: 100,
  },
  memoryKiB: 1073741824,
  firmware: { apiMajor: 0, apiMinor: 24, build: 15 },
  kernel: { release: '4.18.0-425.3.1.el8.x86_64', version: '#1 SMP Fri Sep 30 11:45:06 EDT 2022' },
  os: { id: 'rhel', versionId: '8.7', prettyName: 'Red Hat Enterprise Linux 8.7 (Ootpa)' },
  containerRuntime: 'cri-o://1.26.1',
  kubernetes: 'v1.26.1',
  sev: true,
  sevEs: true,
  sevSnp: false,
  diskUsedPercent: 13,
  clockAheadMs: 0,
};
