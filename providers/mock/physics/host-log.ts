import { hostEncryption } from './asids.ts';
import { isVirtual } from './files.ts';
import type { HostProfile } from './host.ts';
import { type KernelTraits, kernelTraits } from './kernel.ts';
import { kernelCommandLine, memoryFigures, rmpTable } from './machine.ts';
import { processorCount, siliconOf } from './silicon.ts';

/** The host's kernel log since boot, one line an entry, as `dmesg` prints it. */
export function hostKernelLog(profile: HostProfile): readonly string[] {
  const traits = kernelTraits(profile.kernel.release);
  const lines = [
    ...earlyLines(profile),
    ...memoryLines(profile, traits),
    ...deviceLines(profile),
    ...kvmLines(profile, traits),
  ];
  const inOrder = lines.toSorted(([earlier], [later]) => earlier - later);
  return inOrder.map(([seconds, text]) => `[${seconds.toFixed(6).padStart(12)}] ${text}`);
}

type TimedLine = readonly [seconds: number, text: string];

function earlyLines(profile: HostProfile): readonly TimedLine[] {
  const { release, version } = profile.kernel;
  const { cpu } = profile;
  const hex = (value: number) => `0x${value.toString(16)}`;
  return [
    [0, `Linux version ${release} (build@${profile.os.id}) (gcc) ${version}`],
    [0, `Command line: ${kernelCommandLine(profile)}`],
    [0, 'BIOS-provided physical RAM map:'],
    [0, 'BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable'],
    [0, 'BIOS-e820: [mem 0x0000000000100000-0x0000000075feffff] usable'],
    [0, 'NX (Execute Disable) protection: active'],
    [0, 'efi: EFI v2.7 by Dell Inc.'],
    [0, 'secureboot: Secure boot disabled'],
    [0, 'SMBIOS 3.3.0 present.'],
    [0, `tsc: Detected ${siliconOf(cpu).baseMhz}.000 MHz processor`],
    [0.006_214, 'ACPI: Early table checksum verification disabled'],
    [0.011_502, `smpboot: Allowing ${processorCount(profile)} CPUs, 0 hotplug CPUs`],
    [
      0.318_204,
      `smpboot: CPU0: ${cpu.modelName} (family: ${hex(cpu.family)}, model: ${hex(cpu.model)}, stepping: ${hex(cpu.stepping)})`,
    ],
    ...(cpu.vendor === 'AuthenticAMD'
      ? ([[0.322_117, 'Performance Events: Fam17h+ core perfctr, AMD PMU driver.']] as const)
      : []),
  ];
}

function memoryLines(profile: HostProfile, traits: KernelTraits): readonly TimedLine[] {
  const { totalKiB } = memoryFigures(profile);
  const lines: TimedLine[] = [];
  const snpSilicon = profile.sev && profile.cpu.flags.includes('sev_snp') && traits.hasSnpParameter;
  if (snpSilicon && hostEncryption(profile).sevSnp) {
    const { base, end } = rmpTable(profile);
    const at = (value: bigint) => `0x${value.toString(16).padStart(16, '0')}`;
    lines.push([0.000_311, `SEV-SNP: RMP table physical range [${at(base)} - ${at(end)}]`]);
  } else if (snpSilicon) {
    lines.push([0.000_311, 'SEV-SNP: Memory for the RMP table has not been reserved by BIOS']);
  }
  lines.push([0.402_731, `Memory: ${totalKiB - 9_437_184}K/${profile.memoryKiB}K available`]);
  if (profile.cpu.flags.includes('sme') && kernelCommandLine(profile).includes('mem_encrypt=on')) {
    lines.push([0.402_942, 'AMD Secure Memory Encryption (SME) active']);
  }
  return lines;
}

function deviceLines(profile: HostProfile): readonly TimedLine[] {
  const snp = hostEncryption(profile).sevSnp;
  if (isVirtual(profile)) return [[0, 'Hypervisor detected: KVM']];
  if (profile.cpu.vendor !== 'AuthenticAMD') return [[2.120_871, 'DMAR-IR: Enabled IRQ remapping in x2apic mode']];
  return [
    [2.114_406, 'pci 0000:00:00.2: AMD-Vi: IOMMU performance counters supported'],
    [2.120_133, 'AMD-Vi: Extended features (0x841f77e022094ace): PPR X2APIC NX IA GA PC'],
    [2.120_871, 'AMD-Vi: Interrupt remapping enabled'],
    [2.121_22, 'AMD-Vi: Virtual APIC enabled'],
    ...(snp ? ([[2.122_015, 'AMD-Vi: IOMMU SNP support enabled.']] as const) : []),
    ...firmwareLines(profile),
  ];
}

function firmwareLines(profile: HostProfile): readonly TimedLine[] {
  const { firmware, cpu } = profile;
  const device = cpu.family === 23 ? 'ccp 0000:23:00.1' : 'ccp 0000:22:00.1';
  // A virtual machine has no secure processor, and Intel's machines have none at all.
  if (isVirtual(profile) || cpu.vendor !== 'AuthenticAMD') return [];
  if (!cpu.flags.includes('sev')) return [[6.804_77, `${device}: psp enabled`]];
  if (!profile.sev) return [[6.802_114, `${device}: SEV: memory encryption not enabled by BIOS`]];
  const version = `API:${firmware.apiMajor}.${firmware.apiMinor} build:${firmware.build}`;
  const lines: TimedLine[] = [
    [6.802_114, `${device}: sev enabled`],
    [6.804_77, `${device}: psp enabled`],
  ];
  if (hostEncryption(profile).sevSnp) lines.push([7.911_205, `${device}: SEV-SNP ${version}`]);
  lines.push([8.120_416, `${device}: SEV ${version}`]);
  return lines;
}

function kvmLines(profile: HostProfile, traits: KernelTraits): readonly TimedLine[] {
  if (profile.cpu.vendor !== 'AuthenticAMD') return [[11.290_458, 'tun: Universal TUN/TAP device driver, 1.6']];
  return [
    [11.004_517, `${traits.kvmPrefix}TSC scaling supported`],
    [11.004_923, `${traits.kvmPrefix}Nested Virtualization enabled`],
    [11.005_117, `${traits.kvmPrefix}Nested Paging enabled`],
    ...asidLines(profile, traits).map(
      (text, index): TimedLine => [11.006_402 + index / 1e6, `${traits.kvmPrefix}${text}`],
    ),
    [11.012_64, `${traits.kvmPrefix}Virtual VMLOAD VMSAVE supported`],
    [11.012_833, `${traits.kvmPrefix}Virtual GIF supported`],
    [11.290_458, 'tun: Universal TUN/TAP device driver, 1.6'],
  ];
}

/** How kvm_amd tells of its ASIDs: `supported: N ASIDs` before 5.19, `enabled|disabled|unusable (ASIDs a - b)` since. */
function asidLines(profile: HostProfile, traits: KernelTraits): readonly string[] {
  const { cpu } = profile;
  const { sev, sevEs, sevSnp, sevSlots, esSlots } = hostEncryption(profile);
  if (traits.asidLines === 'supported') {
    return [
      ...(sev ? [`SEV supported: ${sevSlots} ASIDs`] : []),
      ...(sevEs ? [`SEV-ES supported: ${esSlots} ASIDs`] : []),
    ];
  }
  if (!cpu.flags.includes('sev')) return [];
  const esRange = `(ASIDs ${cpu.minSevAsid > 1 ? 1 : 0} - ${cpu.minSevAsid > 1 ? cpu.minSevAsid - 1 : 0})`;
  const lines = [
    `SEV ${sev ? 'enabled' : profile.sev ? 'unusable' : 'disabled'} (ASIDs ${cpu.minSevAsid} - ${cpu.maxAsid})`,
  ];
  if (cpu.flags.includes('sev_es')) lines.push(`SEV-ES ${sevEs ? 'enabled' : 'disabled'} ${esRange}`);
  if (cpu.flags.includes('sev_snp') && traits.hasSnpParameter) {
    lines.push(`SEV-SNP ${sevSnp ? 'enabled' : 'disabled'} ${esRange}`);
  }
  return lines;
}
