import type { Technology } from './technology.ts';

/** Why a technology is there or not. `asids`: none is left for it; `firmware`: the secure processor refuses it. */
export type SupportCause =
  | 'given'
  | 'silicon'
  | 'virtual'
  | 'bios'
  | 'iommu'
  | 'kernel'
  | 'asids'
  | 'firmware'
  | 'device'
  | 'switched-off'
  | 'unread';

/** One technology as the host has it, with the place where that was read. */
export interface HostSupport {
  readonly technology: Technology;
  /** `unknown`: what would decide it could not be read. */
  readonly given: 'yes' | 'no' | 'unknown';
  /** Whether a run may count on it: it is given, or switched on with only a doubt left. */
  readonly supported: boolean;
  readonly cause: SupportCause;
  /** e.g. `/sys/module/kvm_amd/parameters/sev_snp=N`. */
  readonly readFrom: string;
  /** Guests of this kind that the ASIDs allow; absent where the kernel does not tell (no misc controller before 5.13). */
  readonly slots?: number;
}

/** What the node said about itself over SSH. */
export interface HostFacts {
  /** As `uname -n` says; the cluster's node of this name is the one that is tested. */
  readonly hostname: string;
  readonly cpuModel: string;
  readonly cpuFamily: number;
  readonly cpuModelNumber: number;
  readonly microcode: string;
  readonly kernel: string;
  readonly os: string;
  readonly memoryBytes: number;
  /** SEV firmware as the ccp driver reported it, e.g. `1.55 build 21`. */
  readonly firmware?: string;
  /** What the host itself runs in, e.g. `kvm`; `none` on bare metal; absent where that was not told. */
  readonly virtualization?: string;
  readonly cgroup?: 'v1' | 'v2' | 'hybrid';
  /** ASIDs that ciphertext hiding keeps for SEV-SNP alone; SEV-ES has the rest of those two. */
  readonly hidingAsids?: number;
  readonly support: Readonly<Record<Technology, HostSupport>>;
}
