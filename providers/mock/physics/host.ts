/** What a guest can really be launched as on this silicon. */
export type Encryption = 'none' | 'sev' | 'sev-es' | 'sev-snp';

/** A simulated machine: silicon, firmware, BIOS settings and kernel. Pure data; physics turns it into files, logs and guests. */
export interface HostProfile {
  readonly name: string;
  readonly hostname: string;
  readonly cpu: {
    readonly vendor: 'AuthenticAMD' | 'GenuineIntel';
    readonly modelName: string;
    readonly family: number;
    readonly model: number;
    readonly stepping: number;
    readonly microcode: string;
    readonly sockets: number;
    readonly coresPerSocket: number;
    /** KubeVirt's and libvirt's name of the host model, e.g. `EPYC-Milan`. */
    readonly libvirtModel: string;
    /** /proc/cpuinfo flags beside the common ones, e.g. `sev`, `sev_es`, `sev_snp`, `debug_swap`, `hypervisor`. */
    readonly flags: readonly string[];
    readonly cbitpos: number;
    readonly reducedPhysBits: number;
    /** CPUID 0x8000001F ECX: highest ASID. */
    readonly maxAsid: number;
    /** CPUID 0x8000001F EDX, a BIOS setting: lowest ASID for SEV without ES; 1 leaves none for ES and SNP. */
    readonly minSevAsid: number;
  };
  readonly memoryKiB: number;
  readonly firmware: { readonly apiMajor: number; readonly apiMinor: number; readonly build: number };
  readonly kernel: { readonly release: string; readonly version: string };
  readonly os: { readonly id: string; readonly versionId: string; readonly prettyName: string };
  readonly containerRuntime: string;
  /** An example only: the default suits the KubeVirt asked for. */
  readonly kubernetes: string;
  /** BIOS and kernel switches: what kvm_amd ends up with. */
  readonly sev: boolean;
  readonly sevEs: boolean;
  readonly sevSnp: boolean;
  /** Of the one file system. */
  readonly diskUsedPercent: number;
  /** How far the host's clock is ahead of the wall's; below 0 it is behind. */
  readonly clockAheadMs: number;
}
