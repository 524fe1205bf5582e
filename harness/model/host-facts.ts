import type { Technology } from './technology.ts';

/** One technology as the host's kernel has it, with the place where that was read. */
export interface HostSupport {
  readonly technology: Technology;
  readonly supported: boolean;
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
  readonly support: Readonly<Record<Technology, HostSupport>>;
}
