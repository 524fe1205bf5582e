import { hostEncryption } from './asids.ts';
import type { HostProfile } from './host.ts';
import { kernelTraits } from './kernel.ts';

export interface MemoryFigures {
  readonly totalKiB: number;
  readonly freeKiB: number;
  readonly availableKiB: number;
  readonly cachedKiB: number;
}

/** Memory as the kernel counts it: what is installed less its own tables and, with SNP, less the RMP table. */
export function memoryFigures(profile: HostProfile): MemoryFigures {
  const own = Math.floor(profile.memoryKiB / 80);
  const rmp = hostEncryption(profile).sevSnp ? rmpTable(profile).sizeKiB : 0;
  const totalKiB = profile.memoryKiB - own - rmp;
  const cachedKiB = Math.min(18_874_368, Math.floor(totalKiB / 16));
  const usedKiB = Math.min(9_437_184, Math.floor(totalKiB / 16));
  const freeKiB = totalKiB - cachedKiB - usedKiB;
  return { totalKiB, freeKiB, cachedKiB, availableKiB: freeKiB + Math.floor(cachedKiB * 0.9) };
}

/** Where the BIOS reserved the RMP: 16 KiB of bookkeeping and 16 bytes per 4 KiB page, below the top of memory. */
export function rmpTable(profile: HostProfile): {
  readonly base: bigint;
  readonly end: bigint;
  readonly sizeKiB: number;
} {
  const sizeKiB = 16 + Math.ceil(((profile.memoryKiB / 4) * 16) / 1024 / 1024) * 1024;
  // Memory above 4 GiB is shifted up by the hole for devices.
  const top = BigInt(profile.memoryKiB) * 1024n + 0x7cf00000n;
  const base = (top - BigInt(sizeKiB) * 1024n) & ~0xfffffn;
  return { base, end: base + BigInt(sizeKiB) * 1024n - 1n, sizeKiB };
}

/** `/proc/cmdline` without its newline. */
export function kernelCommandLine(profile: HostProfile): string {
  const traits = kernelTraits(profile.kernel.release);
  const words = [
    `BOOT_IMAGE=(hd0,gpt2)/vmlinuz-${profile.kernel.release}`,
    'root=/dev/mapper/rhel-root',
    'ro',
    'crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M',
    'resume=/dev/mapper/rhel-swap',
    'rd.lvm.lv=rhel/root',
    'console=tty0',
    'console=ttyS0,115200',
  ];
  // kvm_amd has SEV off by default before 5.13 and in RHEL 8.
  if (!traits.booleanParameters && profile.sev) words.push('mem_encrypt=on', 'kvm_amd.sev=1');
  if (!traits.booleanParameters && profile.sevEs) words.push('kvm_amd.sev_es=1');
  return words.join(' ');
}
