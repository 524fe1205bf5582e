import type { GuestSystem } from '../../../console/system.ts';
import { guestMemoryBytes } from '../../../kubevirt/launcher/domain-cpu.ts';
import { guestHostname } from '../../../kubevirt/launcher/naming.ts';
import { vcpuCount } from '../../../kubevirt/launcher/vmi-traits.ts';
import type { KubevirtVersion } from '../../../kubevirt/version.ts';
import { fedoraTestImage, guestKernelLog } from '../../../physics/guest-log.ts';
import type { Encryption, HostProfile } from '../../../physics/host.ts';
import { writableTree } from '../../../shell/tree.ts';
import type { VmiObject } from '../vmi.ts';

export interface GuestFacts {
  readonly version: KubevirtVersion;
  readonly profile: HostProfile;
  /** What the guest's kernel says it has switched on. */
  readonly claims: Encryption;
  /** What it really has. */
  readonly encryption: Encryption;
  /** e.g. `pc-q35-rhel9.6.0`. */
  readonly machine: string;
}

/** The guest's system as its shell sees it, with the greeting of its distribution. */
export function guestSystem(vmi: VmiObject, facts: GuestFacts): GuestSystem & { readonly issue: string } {
  const { version, profile, claims, machine } = facts;
  const { kernel, prettyName } = fedoraTestImage(`${version.major}.${version.minor}`);
  const { cpu } = profile;
  const hardware = {
    vcpus: vcpuCount(vmi.spec.domain.cpu),
    memoryKiB: Number(guestMemoryBytes(vmi) / 1024n),
    cpuModelName: `AMD ${cpu.libvirtModel} Processor`,
    cpuFamily: cpu.family,
    cpuModel: cpu.model,
  };
  const log = guestKernelLog({ ...hardware, kernel, encryption: claims, machine });
  const files = guestFiles(hardware, { ...facts, kernel, prettyName, hostname: guestHostname(vmi) });
  return {
    issue: prettyName,
    hostname: guestHostname(vmi),
    kernel: { release: kernel, version: '#1 SMP PREEMPT_DYNAMIC' },
    kernelLog: () => `${log.join('\n')}\n`,
    tree: writableTree(files, ['/home/fedora']),
  };
}

interface Hardware {
  readonly vcpus: number;
  readonly memoryKiB: number;
  readonly cpuModelName: string;
  readonly cpuFamily: number;
  readonly cpuModel: number;
}

interface Software extends GuestFacts {
  readonly kernel: string;
  readonly prettyName: string;
  readonly hostname: string;
}

function guestFiles(hardware: Hardware, software: Software): Readonly<Record<string, string>> {
  const { kernel, prettyName, hostname, encryption } = software;
  const snp = encryption === 'sev-snp' ? { '/dev/sev-guest': '', '/sys/devices/platform/sev-guest': '' } : {};
  return {
    ...snp,
    '/proc/cmdline': `BOOT_IMAGE=(hd0,gpt2)/vmlinuz-${kernel} root=UUID=a4c8a1f2-5e0b-4a9c-9d4d-0f2f3c1b7e55 ro no_timer_check net.ifnames=0 console=tty1 console=ttyS0,115200n8 systemd.firstboot=off rootflags=subvol=root\n`,
    '/proc/cpuinfo': cpuinfo(hardware),
    '/proc/meminfo': `MemTotal:       ${String(hardware.memoryKiB - 65_536).padStart(8)} kB\n`,
    '/proc/sys/kernel/osrelease': `${kernel}\n`,
    '/proc/version': `Linux version ${kernel} (mockbuild@build) #1 SMP PREEMPT_DYNAMIC\n`,
    '/etc/hostname': `${hostname}\n`,
    '/etc/os-release': `NAME="Fedora Linux"\nID=fedora\nPRETTY_NAME="${prettyName}"\n`,
    '/sys/class/dmi/id/product_name': 'KubeVirt\n',
    '/sys/class/dmi/id/sys_vendor': 'KubeVirt\n',
    '/sys/firmware/efi/fw_platform_size': '64\n',
  };
}

/** A guest sees no sev flags of the host's: those CPUID bits are not passed on. */
function cpuinfo({ vcpus, cpuModelName, cpuFamily, cpuModel }: Hardware): string {
  const flags =
    'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm rep_good nopl cpuid extd_apicid tsc_known_freq pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand hypervisor lahf_lm cr8_legacy abm sse4a misalignsse 3dnowprefetch topoext perfctr_core ssbd ibrs ibpb stibp vmmcall fsgsbase bmi1 avx2 smep bmi2 rdseed adx smap clflushopt clwb sha_ni xsaveopt xsavec xgetbv1 clzero xsaveerptr wbnoinvd arat umip rdpid';
  const processors = Array.from({ length: vcpus }, (_, number) =>
    [
      `processor\t: ${number}`,
      'vendor_id\t: AuthenticAMD',
      `cpu family\t: ${cpuFamily}`,
      `model\t\t: ${cpuModel}`,
      `model name\t: ${cpuModelName}`,
      'stepping\t: 1',
      `flags\t\t: ${flags}`,
      '',
    ].join('\n'),
  );
  return `${processors.join('\n')}\n`;
}
