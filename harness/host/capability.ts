import type { Capability, CapabilityContract } from '../model/capability.ts';
import type { HostFacts, HostSupport, SupportCause } from '../model/host-facts.ts';
import { TECHNOLOGIES, type Technology, technologyName } from '../model/technology.ts';

/**
 * What the node can give, how many guests of each at once, and what must therefore be expected otherwise. It says the
 * same as the host's facts, by which the suites decide what they demand.
 */
export function capabilityContract(facts: HostFacts): CapabilityContract {
  const { sev, 'sev-es': es, 'sev-snp': snp } = facts.support;
  return {
    technologies: { sev: capability(sev), 'sev-es': capability(es), 'sev-snp': capability(snp) },
    changes: [...TECHNOLOGIES.flatMap((technology) => changeOf(facts.support[technology])), ...hiding(facts)],
  };
}

/** For a host that was not read at all. */
export function unreadContract(why: string): CapabilityContract {
  const unknown = (technology: Technology): Capability => ({ technology, given: 'unknown', reason: why });
  return {
    technologies: { sev: unknown('sev'), 'sev-es': unknown('sev-es'), 'sev-snp': unknown('sev-snp') },
    changes: [`what the host can give is not known: ${why}`],
  };
}

function capability({ technology, given, readFrom, slots }: HostSupport): Capability {
  const guestsAtOnce = given === 'no' ? 0 : slots;
  return { technology, given, reason: readFrom, ...(guestsAtOnce === undefined ? {} : { guestsAtOnce }) };
}

const BECAUSE: Readonly<Partial<Record<SupportCause, string>>> = {
  silicon: 'the processor has none',
  virtual: 'the node is a virtual machine',
  asids: 'no ASID is left for them',
  firmware: 'the firmware refuses them while SNP is on',
  iommu: 'the IOMMU is off or does not translate',
  bios: 'they are off in the BIOS, or it does not allow them',
  kernel: 'the kernel does not offer them',
  device: 'there is no /dev/sev',
};

function changeOf({ technology, given, cause, readFrom }: HostSupport): readonly string[] {
  const guests = `${technologyName(technology)} guests`;
  if (given === 'yes') return [];
  if (given === 'unknown') return [`${guests} may not start: ${readFrom}`];
  return [`no ${guests}, ${BECAUSE[cause] ?? 'they are switched off'}: ${readFrom}`];
}

function hiding({ hidingAsids, support }: HostFacts): readonly string[] {
  if (hidingAsids === undefined || support['sev-snp'].given === 'no') return [];
  return [
    `SEV-SNP guests have ${hidingAsids} ASIDs for themselves, SEV-ES guests the others: kvm_amd.ciphertext_hiding_asids=${hidingAsids}`,
  ];
}
