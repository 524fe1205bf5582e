import type { Encryption } from '../../../physics/host.ts';

/** What libvirt writes at the top of a domain's QEMU log. */
export interface QemuStart {
  readonly at: Date;
  /** e.g. `lane_sev`. */
  readonly domain: string;
  readonly libvirt: string;
  readonly qemu: string;
  readonly kernel: string;
  readonly hostname: string;
  readonly machine: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly encryption: Encryption;
  readonly policy: number;
  readonly cbitpos: number;
  readonly reducedPhysBits: number;
}

/** Where a launcher that does not run as root has the QEMU log of its domain. */
export function qemuLogPath(domain: string): string {
  return `/var/run/kubevirt-private/libvirt/qemu/log/${domain}.log`;
}

/** The head of the log: who starts what, with the command line as libvirt prints it. */
export function qemuStarts(start: QemuStart): string {
  const { at, libvirt, qemu, kernel, hostname } = start;
  const head = `${libvirtTime(at)}: starting up libvirt version: ${libvirt}, package: 1.el9, qemu version: ${qemu}qemu-kvm-${qemu}-1.el9, kernel: ${kernel}, hostname: ${hostname}`;
  const home = `/var/run/kubevirt-private/libvirt/qemu/lib/domain-1-${start.domain}`;
  const words = [
    'LC_ALL=C',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `HOME=${home}`,
    `XDG_DATA_HOME=${home}/.local/share`,
    `XDG_CACHE_HOME=${home}/.cache`,
    `XDG_CONFIG_HOME=${home}/.config`,
    '/usr/libexec/qemu-kvm',
    ...commandLine(start),
  ];
  return `${head}\n${words.join(' \\\n')}\n`;
}

/** What QEMU itself said before it ended, each line behind its time (`-msg timestamp=on`). */
export function qemuSays(at: Date, lines: readonly string[]): string {
  const stamp = at.toISOString().replace(/Z$/, '000Z');
  return lines.map((line) => `${stamp} ${line}\n`).join('');
}

/** libvirt's last line. */
export function qemuEnds(at: Date, reason: 'failed' | 'shutdown' | 'destroyed'): string {
  return `${libvirtTime(at)}: shutting down, reason=${reason}\n`;
}

function commandLine({ domain, machine, memoryMiB, vcpus, ...launch }: QemuStart): readonly string[] {
  const encrypted = launch.encryption !== 'none';
  const firmware = encrypted ? 'OVMF_CODE.cc.fd' : 'OVMF_CODE.secboot.fd';
  return [
    `-name guest=${domain},debug-threads=on`,
    '-S',
    `-blockdev '{"driver":"file","filename":"/usr/share/OVMF/${firmware}","node-name":"libvirt-pflash0-storage","auto-read-only":true,"discard":"unmap"}'`,
    `-machine ${machine},usb=off,dump-guest-core=off,memory-backend=pc.ram,hpet=off,acpi=on${encrypted ? ',confidential-guest-support=lsec0' : ''}`,
    '-accel kvm',
    `-m size=${memoryMiB * 1024}k`,
    `-smp ${vcpus},sockets=1,dies=1,clusters=1,cores=${vcpus},threads=1`,
    '-no-user-config',
    '-nodefaults',
    ...(encrypted ? [`-object '${JSON.stringify(guardOf(launch))}'`] : []),
    '-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
    '-msg timestamp=on',
  ];
}

function guardOf({
  encryption,
  policy,
  cbitpos,
  reducedPhysBits,
}: Pick<QemuStart, 'encryption' | 'policy' | 'cbitpos' | 'reducedPhysBits'>): object {
  const type = encryption === 'sev-snp' ? 'sev-snp-guest' : 'sev-guest';
  return { 'qom-type': type, id: 'lsec0', cbitpos, 'reduced-phys-bits': reducedPhysBits, policy };
}

/** `2025-03-12 10:00:01.123+0000`. */
function libvirtTime(at: Date): string {
  return at.toISOString().replace('T', ' ').replace('Z', '+0000');
}
