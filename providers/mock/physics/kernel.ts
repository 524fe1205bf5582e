/** What of a host's kernel decides how it shows memory encryption. */
export interface KernelTraits {
  readonly major: number;
  readonly minor: number;
  /** Red Hat's major version when the release has `.el8` or `.el9`; their kernels carry KVM backports. */
  readonly enterpriseLinux: number | undefined;
  /** Boolean module parameters print as `Y`/`N`; before 5.13 `sev` was an integer and prints as `1`/`0`. */
  readonly booleanParameters: boolean;
  readonly hasSevEsParameter: boolean;
  readonly hasSnpParameter: boolean;
  readonly hasDebugSwapParameter: boolean;
  /** The misc controller with `sev` and `sev_es` counts: 5.13, and only under cgroup v2. */
  readonly hasMiscController: boolean;
  /** `misc.current` also in the root cgroup (seen in 6.12, not in 6.1). */
  readonly hasRootMiscCurrent: boolean;
  readonly cgroupV2: boolean;
  /** How kvm_amd words its ASID lines. */
  readonly asidLines: 'supported' | 'enabled';
  /** Prefix of those lines: `SVM: ` up to 6.1, `kvm_amd: ` later. */
  readonly kvmPrefix: string;
}

/** Reads a release such as `4.18.0-425.3.1.el8.x86_64`. @throws Error for text that is no kernel release. */
export function kernelTraits(release: string): KernelTraits {
  const match = /^(\d+)\.(\d+)/.exec(release);
  if (!match) throw new Error(`kernel release "${release}" does not start with two numbers, e.g. 6.11.0`);
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const el = /\.el(\d+)/.exec(release);
  const enterpriseLinux = el ? Number(el[1]) : undefined;
  const from = (wantedMajor: number, wantedMinor: number) =>
    major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  const cgroupV2 = enterpriseLinux === undefined ? from(5, 4) : enterpriseLinux >= 9;
  return {
    major,
    minor,
    enterpriseLinux,
    booleanParameters: from(5, 13),
    hasSevEsParameter: from(5, 11) || enterpriseLinux === 8,
    hasSnpParameter: from(6, 11),
    hasDebugSwapParameter: from(6, 5),
    hasMiscController: from(5, 13) && cgroupV2,
    hasRootMiscCurrent: from(6, 6),
    cgroupV2,
    asidLines: from(5, 19) ? 'enabled' : 'supported',
    kvmPrefix: from(6, 2) ? 'kvm_amd: ' : 'SVM: ',
  };
}
