import type { HostProfile } from '../host.ts';
import { MILAN } from './milan.ts';

/** Two EPYC 7601, the first with SEV: 15 ASIDs, and neither SEV-ES nor SEV-SNP. */
export const NAPLES: HostProfile = {
  ...MILAN,
  name: 'naples',
  hostname: 'sev-naples-1',
  cpu: {
    vendor: 'AuthenticAMD',
    modelName: 'AMD EPYC 7601 32-Core Processor',
    family: 23,
    model: 1,
    stepping: 2,
    microcode: '0x8001250',
    sockets: 2,
    coresPerSocket: 32,
    libvirtModel: 'EPYC',
    flags: ['sme', 'sev'],
    cbitpos: 47,
    reducedPhysBits: 5,
    maxAsid: 15,
    minSevAsid: 1,
  },
  memoryKiB: 268_435_456,
  firmware: { apiMajor: 0, apiMinor: 17, build: 48 },
  kernel: { release: '5.14.0-427.13.1.el9_4.x86_64', version: '#1 SMP PREEMPT_DYNAMIC Wed Apr 10 10:29:16 EDT 2024' },
  sevEs: false,
  sevSnp: false,
};
