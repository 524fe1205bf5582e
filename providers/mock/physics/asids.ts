import type { HostProfile } from './host.ts';
import { kernelTraits } from './kernel.ts';

/** What kvm_amd ends up with after hardware setup. */
export interface HostEncryption {
  readonly sev: boolean;
  readonly sevEs: boolean;
  readonly sevSnp: boolean;
  /** Guests of plain SEV: ASIDs minSevAsid..maxAsid. */
  readonly sevSlots: number;
  /** Guests of SEV-ES and SEV-SNP together: ASIDs 1..minSevAsid-1. */
  readonly esSlots: number;
}

/** Switches, silicon and the split of ASIDs (CPUID 0x8000001F ECX and EDX) taken together, as the kernel does. */
export function hostEncryption(profile: HostProfile): HostEncryption {
  const { flags, maxAsid, minSevAsid } = profile.cpu;
  const traits = kernelTraits(profile.kernel.release);
  const sevSlots = Math.max(0, maxAsid - minSevAsid + 1);
  const esSlots = Math.max(0, minSevAsid - 1);
  const capable = profile.sev && flags.includes('sev');
  const sevEs = capable && profile.sevEs && flags.includes('sev_es') && esSlots > 0 && traits.hasSevEsParameter;
  return {
    sev: capable && sevSlots > 0,
    sevEs,
    sevSnp: sevEs && profile.sevSnp && flags.includes('sev_snp') && traits.hasSnpParameter,
    sevSlots: capable ? sevSlots : 0,
    esSlots: sevEs ? esSlots : 0,
  };
}

/** Encrypted guests that run now, by the pool of ASIDs that they draw from. */
export interface RunningGuests {
  readonly sev: number;
  /** SEV-ES and SEV-SNP share one pool. */
  readonly es: number;
}

export const NO_GUESTS: RunningGuests = { sev: 0, es: 0 };
