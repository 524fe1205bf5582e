import type { HostFacts, HostSupport, SupportCause } from '../model/host-facts.ts';
import { TECHNOLOGIES, type Technology, technologyName } from '../model/technology.ts';
import { type Readings, valueIn } from './readings.ts';
import type { HostState } from './state.ts';
import { readSupport } from './support.ts';

/** The part of the host's state that a report keeps. Pure; what was not told reads as `unknown`, 0 or absent. */
export function factsOf(state: Omit<HostState, 'facts'>, readings: Readings): HostFacts {
  const cpu = valueIn(state.cpu);
  const firmware = valueIn(state.log)?.firmware;
  const virtualization = valueIn(state.virtualization);
  const cgroup = valueIn(state.cgroup);
  const hidingAsids = valueIn(state.hidingAsids);
  const support = (technology: Technology): HostSupport => readSupport(technology, state);
  return {
    hostname: firstLine(readings.text('uname -n')) ?? 'unknown',
    cpuModel: cpu?.model ?? 'unknown',
    cpuFamily: cpu?.family ?? 0,
    cpuModelNumber: cpu?.modelNumber ?? 0,
    microcode: cpu?.microcode ?? 'unknown',
    kernel: firstLine(readings.text('uname -r')) ?? 'unknown',
    os: osName(readings.text('/etc/os-release') ?? ''),
    memoryBytes: valueIn(state.memory)?.totalBytes ?? 0,
    ...(firmware === undefined ? {} : { firmware: `${firmware.major}.${firmware.minor} build ${firmware.build}` }),
    ...(virtualization === undefined ? {} : { virtualization }),
    ...(cgroup === undefined ? {} : { cgroup }),
    ...(hidingAsids === undefined || hidingAsids === 0 ? {} : { hidingAsids }),
    support: { sev: support('sev'), 'sev-es': support('sev-es'), 'sev-snp': support('sev-snp') },
  };
}

/** A demanded technology that the host lacks. */
export interface MissingCapability {
  readonly technology: Technology;
  /** What is lacking and where that was read. */
  readonly message: string;
  readonly hint: string;
}

const FIXES: Readonly<Record<Technology, string>> = {
  sev: 'switch SMEE on in the BIOS and load kvm_amd and ccp; SEV is not there inside a virtual machine',
  'sev-es': 'set the "SEV-ES ASID Space Limit" of the BIOS above 1, with a kernel from 5.11 on',
  'sev-snp':
    'needs EPYC Milan or later, SNP and its memory coverage on in the BIOS, IOMMU on without iommu=pt, and a kernel from 6.11 on',
};

const KERNELS: Readonly<Record<Technology, string>> = { sev: '4.16', 'sev-es': '5.11', 'sev-snp': '6.11' };

const FIXES_BY_CAUSE: Readonly<Partial<Record<SupportCause, (technology: Technology) => string>>> = {
  silicon: (technology) =>
    technology === 'sev'
      ? 'use a node with an AMD EPYC processor'
      : `no setting brings ${technologyName(technology)} to this processor: leave it out of --require`,
  kernel: (technology) =>
    `load kvm_amd and ccp; ${technologyName(technology)} needs a kernel from ${KERNELS[technology]} on`,
  iommu: () => 'take iommu=pt, iommu=off and amd_iommu=off from the kernel command line, with the IOMMU on in the BIOS',
  virtual: () => 'use a node on bare metal',
  firmware: () =>
    'leave sev-es out of --require on this host; or switch SNP off with kvm_amd.sev_snp=0, or the firmware back below API 1.58',
  unread: () => 'let this user read the kernel log and /sys/module/kvm_amd, as root or with sudo without a password',
};

/** What has to be done for a technology that is not there. */
export function fixFor({ technology, cause }: HostSupport): string {
  return FIXES_BY_CAUSE[cause]?.(technology) ?? FIXES[technology];
}

/** What of the demanded the host cannot give, weakest first; empty when it can give all. */
export function missingCapabilities(facts: HostFacts, demanded: Iterable<Technology>): readonly MissingCapability[] {
  const wanted = new Set(demanded);
  return TECHNOLOGIES.filter((technology) => wanted.has(technology) && !facts.support[technology].supported).map(
    (technology) => ({
      technology,
      message: `host ${facts.hostname} (${facts.cpuModel}, kernel ${facts.kernel}) lacks ${technologyName(technology)}: ${facts.support[technology].readFrom}`,
      hint: fixFor(facts.support[technology]),
    }),
  );
}

function firstLine(text: string | undefined): string | undefined {
  const line = text?.trim().split('\n', 1)[0]?.slice(0, 200);
  return line === '' ? undefined : line;
}

function osName(osRelease: string): string {
  const value = (key: string) => new RegExp(`^${key}=["']?(.*?)["']?\\s*$`, 'm').exec(osRelease)?.[1];
  return value('PRETTY_NAME') ?? value('NAME') ?? 'unknown';
}
