import { createHash } from 'node:crypto';
import { hostEncryption, NO_GUESTS, type RunningGuests } from './asids.ts';
import { cpuinfo } from './cpuinfo.ts';
import { encryptionFiles } from './encryption-files.ts';
import type { HostProfile } from './host.ts';
import { kernelTraits } from './kernel.ts';
import { kernelCommandLine, memoryFigures } from './machine.ts';
import { openDescriptors } from './open-descriptors.ts';
import { processorCount } from './silicon.ts';

/** A file of the host: text, or a device or link that is only there. */
export type HostFile =
  | { readonly kind: 'text'; readonly content: string; readonly mode: number }
  | { readonly kind: 'device'; readonly major: number; readonly minor: number; readonly mode: number }
  /** Of an open descriptor in /proc, which leads to no file. */
  | { readonly kind: 'link'; readonly target: string; readonly mode: number };

/** Every file of the host that a probe reads, by absolute path. What is not in the map does not exist. */
export function hostFiles(profile: HostProfile, running: RunningGuests = NO_GUESTS): ReadonlyMap<string, HostFile> {
  const files = new Map<string, HostFile>();
  const texts = {
    ...procFiles(profile),
    ...osFiles(profile),
    ...cpuFiles(profile),
    ...encryptionFiles(profile, running),
  };
  for (const [path, content] of Object.entries(texts)) files.set(path, { kind: 'text', content, mode: 0o444 });
  for (const [path, device] of Object.entries(devices(profile))) files.set(path, { kind: 'device', ...device });
  for (const [path, target] of Object.entries(openDescriptors()))
    files.set(path, { kind: 'link', target, mode: 0o700 });
  return files;
}

/** Names of loaded modules, as `/proc/modules` lists them first word by first word. */
export function loadedModules(profile: HostProfile): readonly string[] {
  return modules(profile).map(([name]) => name);
}

function procFiles(profile: HostProfile): Record<string, string> {
  const { release, version } = profile.kernel;
  const memory = memoryFigures(profile);
  return {
    '/proc/cpuinfo': cpuinfo(profile),
    '/proc/meminfo': meminfo(memory),
    '/proc/cmdline': `${kernelCommandLine(profile)}\n`,
    '/proc/version': `Linux version ${release} (build@${profile.os.id}) (gcc) ${version}\n`,
    '/proc/modules': modules(profile)
      .map(
        ([name, size, users]) =>
          `${name} ${size} ${users.length} ${users.map((u) => `${u},`).join('') || '-'} Live 0x0000000000000000\n`,
      )
      .join(''),
    '/proc/loadavg': '0.42 0.38 0.35 2/2311 184213\n',
    '/proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup2\n\text4\n\txfs\n',
    '/proc/misc': miscDevices(profile),
    '/proc/sys/kernel/osrelease': `${release}\n`,
    '/proc/sys/kernel/version': `${version}\n`,
    '/proc/sys/kernel/ostype': 'Linux\n',
    '/proc/sys/kernel/hostname': `${profile.hostname}\n`,
    '/proc/sys/kernel/pid_max': '4194304\n',
    '/proc/sys/kernel/threads-max': '8251263\n',
    '/proc/sys/kernel/random/boot_id': `${uuidOf(profile, 'boot')}\n`,
    '/proc/sys/fs/file-max': '9223372036854775807\n',
    '/proc/sys/fs/nr_open': '1073741816\n',
    '/proc/sys/fs/aio-max-nr': '1048576\n',
    '/proc/sys/fs/inotify/max_user_instances': '8192\n',
    '/proc/sys/fs/inotify/max_user_watches': '1048576\n',
    '/proc/sys/fs/inotify/max_queued_events': '16384\n',
    '/proc/sys/vm/max_map_count': '262144\n',
    '/proc/sys/vm/nr_hugepages': '0\n',
    '/proc/sys/net/ipv4/ip_forward': '1\n',
  };
}

function osFiles(profile: HostProfile): Record<string, string> {
  const { id, versionId, prettyName } = profile.os;
  const osRelease = [
    'NAME="Red Hat Enterprise Linux"',
    `VERSION="${prettyName.replace(/^Red Hat Enterprise Linux /, '')}"`,
    `ID="${id}"`,
    'ID_LIKE="fedora"',
    `VERSION_ID="${versionId}"`,
    `PLATFORM_ID="platform:el${versionId.split('.')[0] ?? ''}"`,
    `PRETTY_NAME="${prettyName}"`,
    'ANSI_COLOR="0;31"',
    `CPE_NAME="cpe:/o:redhat:enterprise_linux:${versionId.split('.')[0] ?? ''}::baseos"`,
  ].join('\n');
  return {
    '/etc/os-release': `${osRelease}\n`,
    '/usr/lib/os-release': `${osRelease}\n`,
    '/etc/redhat-release': `${prettyName.replace(/ (\d)/, ' release $1')}\n`,
    '/etc/machine-id': `${uuidOf(profile, 'machine').replaceAll('-', '')}\n`,
    '/etc/hostname': `${profile.hostname}\n`,
    '/sys/class/dmi/id/product_uuid': `${uuidOf(profile, 'product')}\n`,
    '/sys/class/dmi/id/sys_vendor': isVirtual(profile) ? 'QEMU\n' : 'Dell Inc.\n',
    '/sys/class/dmi/id/product_name': isVirtual(profile) ? 'Standard PC (Q35 + ICH9, 2009)\n' : 'PowerEdge R7525\n',
    ...iommus(profile),
    '/sys/kernel/mm/ksm/run': '0\n',
  };
}

/** One IOMMU for each socket. A virtual machine has none unless it is given one. */
function iommus(profile: HostProfile): Record<string, string> {
  if (isVirtual(profile)) return {};
  return Object.fromEntries(
    Array.from({ length: profile.cpu.sockets }, (_, index) => [
      profile.cpu.vendor === 'AuthenticAMD'
        ? `/sys/class/iommu/ivhd${index}/amd-iommu/cap`
        : `/sys/class/iommu/dmar${index}/intel-iommu/cap`,
      '40000ff9\n',
    ]),
  );
}

function cpuFiles(profile: HostProfile): Record<string, string> {
  const count = processorCount(profile);
  const all = `0-${count - 1}\n`;
  const files: Record<string, string> = {
    '/sys/devices/system/cpu/online': all,
    '/sys/devices/system/cpu/present': all,
    '/sys/devices/system/cpu/possible': all,
    '/sys/devices/system/cpu/offline': '\n',
    '/sys/devices/system/cpu/kernel_max': '8191\n',
    '/sys/devices/system/cpu/smt/active': '1\n',
    '/sys/devices/system/cpu/smt/control': 'on\n',
    '/sys/devices/system/cpu/cpu0/topology/thread_siblings_list': `0,${count / 2}\n`,
    '/sys/devices/system/cpu/cpu0/topology/physical_package_id': '0\n',
    '/sys/devices/system/node/online': profile.cpu.sockets > 1 ? `0-${profile.cpu.sockets - 1}\n` : '0\n',
  };
  const perSocket = profile.cpu.coresPerSocket;
  for (let socket = 0; socket < profile.cpu.sockets; socket++) {
    const first = socket * perSocket;
    files[`/sys/devices/system/node/node${socket}/cpulist`] =
      `${first}-${first + perSocket - 1},${count / 2 + first}-${count / 2 + first + perSocket - 1}\n`;
  }
  return files;
}

function devices(profile: HostProfile): Record<string, { major: number; minor: number; mode: number }> {
  const nodes: Record<string, { major: number; minor: number; mode: number }> = {
    '/dev/kvm': { major: 10, minor: 232, mode: 0o666 },
    '/dev/vhost-net': { major: 10, minor: 238, mode: 0o600 },
    '/dev/net/tun': { major: 10, minor: 200, mode: 0o666 },
  };
  if (hasSevDevice(profile)) nodes['/dev/sev'] = { major: 10, minor: SEV_MINOR, mode: 0o600 };
  return nodes;
}

/** True for a machine that runs inside another one. */
export function isVirtual({ cpu }: HostProfile): boolean {
  return cpu.flags.includes('hypervisor');
}

/** /dev/sev comes from the ccp driver when the firmware answers: not with memory encryption off in the BIOS. */
function hasSevDevice(profile: HostProfile): boolean {
  return profile.cpu.flags.includes('sev');
}

const SEV_MINOR = 124;

function miscDevices(profile: HostProfile): string {
  const rows = ['144 nvram', '183 hw_random', '200 tun', '228 hpet', '232 kvm', '238 vhost-net'];
  return `${[...(hasSevDevice(profile) ? [`${SEV_MINOR} sev`] : []), ...rows].join('\n')}\n`;
}

function modules(profile: HostProfile): readonly (readonly [string, number, readonly string[]])[] {
  const modern = kernelTraits(profile.kernel.release).major >= 5;
  const kvm = kvmModule(profile);
  const guestSide = hostEncryption(profile).sev ? ['kvm_amd'] : [];
  return [
    ['vhost_net', 32768, []],
    ['vhost', modern ? 69632 : 57344, ['vhost_net']],
    ['tap', 28672, ['vhost_net']],
    ['tun', modern ? 65536 : 57344, ['vhost_net']],
    ['vhost_vsock', 28672, []],
    ['br_netfilter', 32768, []],
    ['bridge', modern ? 421888 : 278528, ['br_netfilter']],
    ['overlay', modern ? 233472 : 139264, []],
    ['nf_conntrack', modern ? 229376 : 172032, []],
    [kvm, modern ? 225280 : 147456, []],
    ['kvm', modern ? 1384448 : 1064960, [kvm]],
    ['irqbypass', 12288, ['kvm']],
    ...(kvm === 'kvm_amd' ? [['ccp', modern ? 163840 : 106496, guestSide] as const] : []),
  ];
}

/** The module that drives this vendor's virtualization. */
function kvmModule({ cpu }: HostProfile): 'kvm_amd' | 'kvm_intel' {
  return cpu.vendor === 'AuthenticAMD' ? 'kvm_amd' : 'kvm_intel';
}

function meminfo(memory: ReturnType<typeof memoryFigures>): string {
  const rows: readonly (readonly [string, number])[] = [
    ['MemTotal', memory.totalKiB],
    ['MemFree', memory.freeKiB],
    ['MemAvailable', memory.availableKiB],
    ['Buffers', 5316],
    ['Cached', memory.cachedKiB],
    ['SwapCached', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Shmem', 128044],
    ['Hugepagesize', 2048],
    ['DirectMap1G', memory.totalKiB - (memory.totalKiB % 1048576)],
  ];
  const lines = rows.map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB`);
  lines.splice(9, 0, 'HugePages_Total:       0', 'HugePages_Free:        0');
  return `${lines.join('\n')}\n`;
}

function uuidOf(profile: HostProfile, what: string): string {
  const hex = createHash('sha256').update(`${profile.hostname}/${what}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
