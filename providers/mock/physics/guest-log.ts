import type { Encryption } from './host.ts';
import { kernelTraits } from './kernel.ts';

/** What a guest's kernel log depends on. */
export interface GuestMachine {
  /** Kernel of the guest, e.g. `6.5.6-300.fc39.x86_64`. */
  readonly kernel: string;
  readonly encryption: Encryption;
  readonly vcpus: number;
  readonly memoryKiB: number;
  /** As the guest's CPUID has it, e.g. `AMD EPYC-Milan Processor`. */
  readonly cpuModelName: string;
  readonly cpuFamily: number;
  readonly cpuModel: number;
  readonly machine: string;
}

/** Software of KubeVirt's Fedora test image. */
export interface GuestImage {
  readonly prettyName: string;
  readonly kernel: string;
}

/** The image of a KubeVirt release (`1.6`, `1.9`): from v1.7 Fedora 39, before it one whose kernel spells features the old way. */
export function fedoraTestImage(kubevirtMinor: string): GuestImage {
  const [major = 0, minor = 0] = kubevirtMinor.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 7) ? FEDORA_39 : FEDORA_35;
}

/** The kernel's log from power-on to the end of boot, one line an entry, with timestamps as on the console. */
export function guestKernelLog(guest: GuestMachine): readonly string[] {
  const lines = [...startLines(guest), ...cpuLines(guest), ...deviceLines(guest), ...userspaceLines(guest)];
  const inOrder = lines.toSorted(([earlier], [later]) => earlier - later);
  return inOrder.map(([seconds, text]) => `[${seconds.toFixed(6).padStart(12)}] ${text}`);
}

/**
 * How a guest's kernel tells which encryption it found; undefined where it says nothing. Kernels before 5.10 know SEV
 * only, those before 5.19 no SNP. Source: Linux arch/x86/mm/mem_encrypt.c, mem_encrypt_amd.c.
 */
export function encryptionLine(encryption: Encryption, kernel: string): string | undefined {
  if (encryption === 'none') return undefined;
  const { major, minor } = kernelTraits(kernel);
  const from = (wantedMajor: number, wantedMinor: number) =>
    major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  if (!from(5, 10)) return 'AMD Secure Encrypted Virtualization (SEV) active';
  const features = ['SEV'];
  if (encryption !== 'sev') features.push('SEV-ES');
  if (encryption === 'sev-snp' && from(5, 19)) features.push('SEV-SNP');
  return from(5, 19)
    ? `Memory Encryption Features active: AMD ${features.join(' ')}`
    : `AMD Memory Encryption Features active: ${features.join(' ')}`;
}

const FEDORA_39: GuestImage = { prettyName: 'Fedora Linux 39 (Cloud Edition)', kernel: '6.5.6-300.fc39.x86_64' };
const FEDORA_35: GuestImage = { prettyName: 'Fedora Linux 35 (Cloud Edition)', kernel: '5.14.10-300.fc35.x86_64' };

type TimedLine = readonly [seconds: number, text: string];

function startLines({ kernel, memoryKiB, machine }: GuestMachine): readonly TimedLine[] {
  const top = (memoryKiB * 1024 - 1).toString(16).padStart(16, '0');
  return [
    [0, `Linux version ${kernel} (mockbuild@fedoraproject.org) (gcc) #1 SMP PREEMPT_DYNAMIC`],
    [
      0,
      `Command line: BOOT_IMAGE=(hd0,gpt2)/boot/vmlinuz-${kernel} no_timer_check console=tty1 console=ttyS0,115200n8`,
    ],
    [0, 'BIOS-provided physical RAM map:'],
    [0, 'BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable'],
    [0, `BIOS-e820: [mem 0x0000000000100000-0x${top}] usable`],
    [0, 'NX (Execute Disable) protection: active'],
    [0, 'efi: EFI v2.7 by EDK II'],
    [0, 'secureboot: Secure boot disabled'],
    [0, 'SMBIOS 2.8 present.'],
    [0, `DMI: KubeVirt None/RHEL, BIOS edk2 (${machine})`],
    [0, 'Hypervisor detected: KVM'],
    [0.000_002, 'kvm-clock: Using msrs 4b564d01 and 4b564d00'],
    [0.000_004, 'tsc: Detected 2649.998 MHz processor'],
  ];
}

function cpuLines(guest: GuestMachine): readonly TimedLine[] {
  const { encryption, vcpus, memoryKiB, cpuModelName, cpuFamily, cpuModel, kernel } = guest;
  const line = encryptionLine(encryption, kernel);
  const encrypted = line !== undefined;
  const modern = line?.startsWith('Memory Encryption') === true;
  // Encrypted guests bounce all device traffic through an unencrypted buffer of about 6 % of their memory.
  const bounceMiB = Math.max(64, Math.floor(memoryKiB / 1024 / 16));
  const hex = (value: number) => `0x${value.toString(16)}`;
  return [
    ...(encryption === 'sev-snp' && modern
      ? ([[0.008_114, 'SEV: Using SNP CPUID table, 28 entries present.']] as const)
      : []),
    [0.014_82, `Memory: ${memoryKiB - 131_072}K/${memoryKiB}K available`],
    ...(encrypted
      ? ([[0.016_201, `software IO TLB: SWIOTLB bounce buffer size adjusted to ${bounceMiB}MB`]] as const)
      : []),
    ...(encrypted ? ([[0.021_447, line]] as const) : []),
    [0.042_118, `smpboot: Allowing ${vcpus} CPUs, 0 hotplug CPUs`],
    [0.068_33, 'Dentry cache hash table entries: 131072 (order: 8, 1048576 bytes, linear)'],
    [0.110_915, `smpboot: CPU0: ${cpuModelName} (family: ${hex(cpuFamily)}, model: ${hex(cpuModel)}, stepping: 0x1)`],
    [0.111_64, 'Performance Events: Fam17h+ core perfctr, AMD PMU driver.'],
    [0.112_204, 'Spectre V2 : Mitigation: Retpolines'],
    [0.118_772, `smp: Brought up 1 node, ${vcpus} CPU${vcpus === 1 ? '' : 's'}`],
    ...(encryption === 'sev-snp' && modern
      ? ([[0.402_655, 'SEV: SNP guest platform device initialized.']] as const)
      : []),
  ];
}

function deviceLines({ encryption, kernel }: GuestMachine): readonly TimedLine[] {
  const snp = encryption === 'sev-snp' && encryptionLine(encryption, kernel)?.includes('SEV-SNP') === true;
  return [
    [0.188_416, 'NET: Registered PF_NETLINK/PF_ROUTE protocol family'],
    [0.205_731, 'PCI: MMCONFIG for domain 0000 [bus 00-ff] at [mem 0xe0000000-0xefffffff] (base 0xe0000000)'],
    [0.331_209, 'SCSI subsystem initialized'],
    [0.337_882, 'clocksource: Switched to clocksource kvm-clock'],
    [0.951_174, 'Serial: 8250/16550 driver, 32 ports, IRQ sharing enabled'],
    [0.956_203, '00:00: ttyS0 at I/O 0x3f8 (irq = 4, base_baud = 115200) is a 16550A'],
    [1.204_377, 'virtio_blk virtio2: 1/0/0 default/read/poll queues'],
    [1.206_848, 'virtio_blk virtio2: [vda] 10485760 512-byte logical blocks (5.37 GB/5.00 GiB)'],
    [1.211_062, ' vda: vda1 vda2 vda3 vda4 vda5'],
    [1.262_59, 'virtio_net virtio0 enp1s0: renamed from eth0'],
    ...(snp ? ([[1.318_004, 'sev-guest sev-guest: Initialized SEV guest driver (using vmpck_id 0)']] as const) : []),
    [1.412_277, 'BTRFS info (device vda5): using crc32c (crc32c-generic) checksum algorithm'],
    [1.455_903, 'BTRFS info (device vda5): using free space tree'],
  ];
}

function userspaceLines({ encryption, kernel }: GuestMachine): readonly TimedLine[] {
  const modern = kernelTraits(kernel).major >= 6;
  return [
    [1.702_116, 'systemd[1]: Successfully loaded SELinux policy in 118.402ms.'],
    [1.831_44, `systemd[1]: systemd ${modern ? '254.5-2.fc39' : '249.4-2.fc35'} running in system mode`],
    [1.831_962, `systemd[1]: Detected virtualization kvm.`],
    ...(encryption === 'none' || !modern
      ? []
      : ([[1.832_011, `systemd[1]: Detected confidential virtualization ${encryption}.`]] as const)),
    [1.832_204, 'systemd[1]: Detected architecture x86-64.'],
    [1.860_377, 'systemd[1]: Hostname set to <localhost>.'],
    [2.488_12, 'systemd[1]: Started systemd-journald.service - Journal Service.'],
    [3.120_884, 'EXT4-fs (vda3): mounted filesystem with ordered data mode. Quota mode: none.'],
  ];
}
