import { type CommandResult, failed, printed } from './commands.ts';
import type { HostProfile } from './host.ts';

/** `cpuid -1 -r -l LEAF`, for the two leaves that tell of memory encryption: what a processor really answers. */
export function cpuid(profile: HostProfile, leaf: number): CommandResult {
  const registers = leaf === 0x80000000 ? highestLeaf(profile) : leaf === 0x8000001f ? encryption(profile) : undefined;
  if (registers === undefined) return failed(1, 'cpuid: this leaf is not simulated\n');
  const words = ['eax', 'ebx', 'ecx', 'edx'].map((name, index) => `${name}=${hex(registers[index] ?? 0)}`);
  return printed(`CPU:\n   ${hex(leaf)} 0x00: ${words.join(' ')}\n`);
}

type Registers = readonly [eax: number, ebx: number, ecx: number, edx: number];

/** With the vendor's name, as leaf 0 has it: AMD only. */
function highestLeaf({ cpu }: HostProfile): Registers {
  if (cpu.vendor !== 'AuthenticAMD') return [0x80000008, 0, 0, 0];
  return [cpu.family === 23 && cpu.model < 0x30 ? 0x8000001f : 0x80000023, 0x68747541, 0x444d4163, 0x69746e65];
}

/** The silicon's own word, whatever the BIOS has switched on; a virtual machine is shown nothing. */
function encryption({ cpu }: HostProfile): Registers {
  if (cpu.vendor !== 'AuthenticAMD' || cpu.flags.includes('hypervisor')) return [0, 0, 0, 0];
  const rome = cpu.family === 23 && cpu.model >= 0x30;
  const later = cpu.family > 23;
  const eax = 0b111 | (rome || later ? 1 << 3 : 0) | (later ? (1 << 4) | (1 << 5) | (1 << 14) : 0);
  return [eax, cpu.cbitpos | (cpu.reducedPhysBits << 6), cpu.maxAsid, cpu.minSevAsid];
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
