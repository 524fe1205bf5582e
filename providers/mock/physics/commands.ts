import { hostEncryption } from './asids.ts';
import { cpuFlags } from './cpuinfo.ts';
import { domCapabilities, type Virtualizer } from './dom-capabilities.ts';
import type { HostProfile } from './host.ts';
import { hostKernelLog } from './host-log.ts';
import { memoryFigures } from './machine.ts';
import { NO_SEV, nodeSevInfo } from './node-sev-info.ts';
import { processorCount, siliconOf, THREADS_PER_CORE } from './silicon.ts';

/** What a program printed and with what it ended. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** What `uname` tells of: a host, a guest, or a container on one of them. */
export interface UnameSystem {
  readonly hostname: string;
  readonly kernel: { readonly release: string; readonly version: string };
}

/** `uname` with its letters in one string without dashes, e.g. `a` or `sr`; none means `s`. */
export function uname(system: UnameSystem, letters = ''): CommandResult {
  const { release, version } = system.kernel;
  const parts: readonly (readonly [string, string])[] = [
    ['s', 'Linux'],
    ['n', system.hostname],
    ['r', release],
    ['v', version],
    ['m', 'x86_64'],
    ['p', 'x86_64'],
    ['i', 'x86_64'],
    ['o', 'GNU/Linux'],
  ];
  const wanted = letters === '' ? 's' : letters;
  const unknown = [...wanted].find((letter) => letter !== 'a' && !parts.some(([known]) => known === letter));
  if (unknown !== undefined) {
    return failed(1, `uname: invalid option -- '${unknown}'\nTry 'uname --help' for more information.\n`);
  }
  const shown = parts.filter(([letter]) => wanted.includes('a') || wanted.includes(letter)).map(([, text]) => text);
  return printed(`${shown.join(' ')}\n`);
}

/** `dmesg`: the host's kernel log. */
export function dmesg(profile: HostProfile): CommandResult {
  return printed(`${hostKernelLog(profile).join('\n')}\n`);
}

/** `nproc`. */
export function nproc(profile: HostProfile): CommandResult {
  return printed(`${processorCount(profile)}\n`);
}

/** `getconf NAME`. */
export function getconf(profile: HostProfile, name: string): CommandResult {
  const values: Readonly<Record<string, number>> = {
    PAGESIZE: 4096,
    PAGE_SIZE: 4096,
    LONG_BIT: 64,
    CLK_TCK: 100,
    _NPROCESSORS_ONLN: processorCount(profile),
    _NPROCESSORS_CONF: processorCount(profile),
    _PHYS_PAGES: Math.floor(memoryFigures(profile).totalKiB / 4),
    _AVPHYS_PAGES: Math.floor(memoryFigures(profile).freeKiB / 4),
    LEVEL1_DCACHE_LINESIZE: 64,
    OPEN_MAX: 1024,
  };
  const value = values[name];
  return value === undefined ? failed(1, `getconf: Unrecognized variable \`${name}'\n`) : printed(`${value}\n`);
}

/** `free` in KiB, or in bytes with `unit` 1. */
export function free(profile: HostProfile, unit: 1 | 1024 | 1048576 | 1073741824 = 1024): CommandResult {
  const memory = memoryFigures(profile);
  const cell = (kib: number) => String(Math.floor((kib * 1024) / unit)).padStart(12);
  const used = memory.totalKiB - memory.freeKiB - memory.cachedKiB;
  const header = ['total', 'used', 'free', 'shared', 'buff/cache', 'available']
    .map((name) => name.padStart(12))
    .join('');
  const row = [memory.totalKiB, used, memory.freeKiB, 128_044, memory.cachedKiB, memory.availableKiB]
    .map(cell)
    .join('');
  return printed(`       ${header}\nMem:   ${row}\nSwap:  ${[0, 0, 0].map(cell).join('')}\n`);
}

/** `lscpu`. */
export function lscpu(profile: HostProfile): CommandResult {
  const { cpu } = profile;
  const silicon = siliconOf(cpu);
  const count = processorCount(profile);
  const rows: (readonly [string, string | number])[] = [
    ['Architecture', 'x86_64'],
    ['CPU op-mode(s)', '32-bit, 64-bit'],
    ['Address sizes', `${silicon.physicalBits} bits physical, 48 bits virtual`],
    ['Byte Order', 'Little Endian'],
    ['CPU(s)', count],
    ['On-line CPU(s) list', `0-${count - 1}`],
    ['Vendor ID', cpu.vendor],
    ['Model name', cpu.modelName],
    ['CPU family', cpu.family],
    ['Model', cpu.model],
    ['Thread(s) per core', THREADS_PER_CORE],
    ['Core(s) per socket', cpu.coresPerSocket],
    ['Socket(s)', cpu.sockets],
    ['Stepping', cpu.stepping],
    ['BogoMIPS', silicon.bogomips],
    ['Flags', cpuFlags(profile).join(' ')],
    ['Virtualization', cpu.vendor === 'AuthenticAMD' ? 'AMD-V' : 'VT-x'],
    ['L3 cache', `${silicon.l3MiBPerSocket * cpu.sockets} MiB`],
    ['NUMA node(s)', cpu.sockets],
  ];
  for (let socket = 0; socket < cpu.sockets; socket++) {
    const first = socket * cpu.coresPerSocket;
    const last = first + cpu.coresPerSocket - 1;
    rows.push([`NUMA node${socket} CPU(s)`, `${first}-${last},${count / 2 + first}-${count / 2 + last}`]);
  }
  return printed(rows.map(([name, value]) => `${`${name}:`.padEnd(33)}${value}\n`).join(''));
}

/** `lsmod`, from the text of `/proc/modules`. */
export function lsmod(procModules: string): CommandResult {
  const rows = procModules.split('\n').filter((line) => line !== '');
  const shown = rows.map((row) => {
    const [name = '', size = '', count = '', users = '-'] = row.split(' ');
    return `${name.padEnd(20)}${size.padStart(7)}  ${count}${users === '-' ? '' : ` ${users.replace(/,$/, '')}`}\n`;
  });
  return printed(`Module                  Size  Used by\n${shown.join('')}`);
}

/** `virsh domcapabilities --machine q35 --arch x86_64 --virttype kvm`. */
export function virshDomcapabilities(profile: HostProfile, virtualizer: Virtualizer): CommandResult {
  return printed(`${domCapabilities(profile, virtualizer)}\n`);
}

/** `virsh version`. */
export function virshVersion(virtualizer: Virtualizer): CommandResult {
  return printed(
    `Compiled against library: libvirt ${virtualizer.libvirt}\nUsing library: libvirt ${virtualizer.libvirt}\nUsing API: QEMU ${virtualizer.libvirt}\nRunning hypervisor: QEMU ${virtualizer.qemu}\n\n`,
  );
}

/** `virsh nodesevinfo`: one `name : value` a line, or libvirt's refusal. */
export function virshNodesevinfo(profile: HostProfile): CommandResult {
  if (!hostEncryption(profile).sev) return failed(1, NO_SEV);
  const info = nodeSevInfo(profile);
  const rows: readonly (readonly [string, string | number])[] = [
    ['pdh', info.pdh],
    ['cert-chain', info.certChain],
    ['cpu0-id', info.cpu0Id],
    ['cbitpos', info.cbitpos],
    ['reduced-phys-bits', info.reducedPhysBits],
    ['max-guests', info.maxGuests],
    ['max-es-guests', info.maxEsGuests],
  ];
  return printed(`${rows.map(([name, value]) => `${name.padEnd(19)}: ${value}\n`).join('')}\n`);
}

export function printed(stdout: string): CommandResult {
  return { stdout, stderr: '', exitCode: 0 };
}

export function failed(exitCode: number, stderr: string): CommandResult {
  return { stdout: '', stderr, exitCode };
}
