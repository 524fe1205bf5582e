import type { HostFacts, HostSupport } from '../../harness/model/host-facts.ts';
import type { Technology } from '../../harness/model/technology.ts';

/** Facts of a host that can do what is named; everything else is off in its kernel. */
export function hostFacts(able: readonly Technology[] = ['sev', 'sev-es', 'sev-snp']): HostFacts {
  const support = (technology: Technology): HostSupport => ({
    technology,
    given: able.includes(technology) ? 'yes' : 'no',
    cause: able.includes(technology) ? 'given' : 'switched-off',
    supported: able.includes(technology),
    readFrom: `/sys/module/kvm_amd/parameters/${technology.replace('-', '_')}=${able.includes(technology) ? 'Y' : 'N'}`,
  });
  return {
    hostname: 'amd1',
    cpuModel: 'AMD EPYC 7413 24-Core Processor',
    cpuFamily: 25,
    cpuModelNumber: 1,
    microcode: '0xa0011d5',
    kernel: '6.11.0',
    os: 'Red Hat Enterprise Linux 9.4',
    memoryBytes: 2 ** 40,
    support: { sev: support('sev'), 'sev-es': support('sev-es'), 'sev-snp': support('sev-snp') },
  };
}
