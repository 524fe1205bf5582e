/** Files that are told as they are. */
const FILES = [
  '/proc/meminfo',
  '/proc/cmdline',
  '/proc/loadavg',
  '/proc/sys/kernel/pid_max',
  '/proc/sys/kernel/threads-max',
  '/proc/sys/fs/inotify/max_user_instances',
  '/proc/sys/fs/inotify/max_user_watches',
  '/etc/os-release',
  '/sys/module/kvm_amd/parameters/sev',
  '/sys/module/kvm_amd/parameters/sev_es',
  '/sys/module/kvm_amd/parameters/sev_snp',
  '/sys/module/kvm_amd/parameters/nested',
  '/sys/module/kvm_amd/parameters/ciphertext_hiding_asids',
  '/sys/fs/cgroup/misc.capacity',
  '/sys/fs/cgroup/misc/misc.capacity',
  '/sys/fs/cgroup/misc.current',
  '/sys/fs/cgroup/misc/misc.current',
];

/** Of these it matters whether they are there, what they are and who may use them. */
const NODES = [
  '/dev/kvm',
  '/dev/sev',
  '/dev/vhost-net',
  '/sys/module/kvm',
  '/sys/module/kvm_amd',
  '/sys/module/ccp',
  '/sys/fs/cgroup/cgroup.controllers',
  '/sys/fs/cgroup/unified',
  '/sys/fs/cgroup/memory',
  '/run/.containerenv',
  '/.dockerenv',
];

/** Where a cluster's node keeps what it writes. */
const FOLDERS = ['/', '/var/lib/kubelet', '/var/lib/containers', '/var/lib/containerd', '/var/lib/docker'];

const FIRMWARE_FILES = [
  '/usr/share/OVMF/OVMF_CODE.cc.fd',
  '/usr/share/OVMF/OVMF.amdsev.fd',
  '/usr/share/edk2/ovmf/OVMF_CODE.cc.fd',
  '/usr/share/edk2/ovmf/OVMF.amdsev.fd',
];

const TELLING =
  'SEV|SVM|kvm|ccp |AMD-Vi|Memory Encryption|SME|IOMMU|Linux version|Command line|Hypervisor detected|RMP';

/** The program that the node runs: any login shell can start it, and the script comes in through stdin. */
export const PROBE_COMMAND = 'env LC_ALL=C sh -s';

/**
 * The commands of the probe: POSIX sh and plain programs that read, for root as for anybody else; what only root may
 * read is asked for with `sudo -n`, which never asks for a password. Each answer stands under a line `MARK NAME`;
 * `MARK absent`, `MARK unreadable` and `MARK exit N` say why there is none.
 */
export function probeScript(mark: string): string {
  return [
    `m=${mark}`,
    'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH',
    's() { echo; echo "$m $1"; }',
    // An endless journal must not hold up all the rest.
    't=; command -v timeout >/dev/null 2>&1 && t="timeout 20"',
    'run() { s "$1"; shift; "$@" 2>/dev/null </dev/null || echo "$m exit $?"; }',
    'run clock date +%s.%N',
    'p=; [ "$(id -u)" = 0 ] || { p="sudo -n"; sudo -n true >/dev/null 2>&1 </dev/null || p=; }',
    'run sudo $p id -u',
    'run "uname -n" uname -n',
    'run "uname -r" uname -r',
    'run "uname -m" uname -m',
    'run /proc/cpuinfo head -n 40 /proc/cpuinfo',
    `for f in ${FILES.join(' ')}; do s $f; if [ -e $f ]; then cat $f 2>/dev/null || echo "$m unreadable"; else echo "$m absent"; fi; done`,
    `for f in ${NODES.join(' ')}; do s $f; if [ -e $f ]; then ls -ldLn $f 2>/dev/null || echo "$m unreadable"; else echo "$m absent"; fi; done`,
    's "misc.current below"; cat /sys/fs/cgroup/*/misc.current /sys/fs/cgroup/misc/*/misc.current 2>/dev/null',
    's /sys/class/iommu; if [ -e /sys/class/iommu ]; then ls /sys/class/iommu; else echo "$m absent"; fi',
    ...CPUID,
    `k='${TELLING}'`,
    's dmesg; d=$(dmesg 2>/dev/null) || d=$($p dmesg 2>/dev/null </dev/null) || echo "$m unreadable"',
    'printf "%s\\n" "$d" | grep -E "$k"',
    // A kernel that has been up for long has pushed its first lines out of the ring; the journal still has them.
    's journal; if printf "%s\\n" "$d" | grep -q "Linux version"; then echo "$m absent"; else $t $p journalctl -k -b --no-pager -o cat 2>/dev/null </dev/null | grep -E "$k" || echo "$m unreadable"; fi',
    's virtualization; systemd-detect-virt 2>/dev/null </dev/null',
    ...INOTIFY,
    `l=; for f in ${FOLDERS.join(' ')}; do [ -d $f ] && l="$l $f"; done`,
    'run space df -Pk $l',
    'run inodes df -Pi $l',
    's qemu; for q in qemu-system-x86_64 qemu-kvm /usr/libexec/qemu-kvm; do $q --version 2>/dev/null </dev/null; done',
    's libvirt; for q in virtqemud libvirtd; do $q --version 2>/dev/null </dev/null; done',
    `s ovmf; for f in ${FIRMWARE_FILES.join(' ')}; do [ -e $f ] && echo $f; done`,
    'run "clock again" date +%s.%N',
    's end',
    '',
  ].join('\n');
}

/** Leaf 0x80000000 says how far the leaves go; 0x8000001F is memory encryption. The device is read at the leaf's number. */
const CPUID = [
  'leaf() { cpuid -1 -r -l $1 2>/dev/null </dev/null | grep eax || echo "$1 $($p dd if=/dev/cpu/0/cpuid bs=16 count=1 iflag=skip_bytes skip=$2 2>/dev/null </dev/null | od -An -v -tx4)"; }',
  's cpuid; leaf 0x80000000 2147483648; leaf 0x8000001f 2147483679',
];

/** Instances by the user who holds them, then all watches. Without root only one's own could be counted. */
const INOTIFY = [
  's inotify; if [ "$(id -u)" = 0 ] || [ -n "$p" ]; then',
  "$p ls -ln /proc/[0-9]*/fd 2>/dev/null </dev/null | grep inotify | sed 's/  */ /g' | cut -d' ' -f3 | sort | uniq -c",
  'echo "watches $($p sh -c \'printf "%s\\n" /proc/[0-9]*/fdinfo/* | xargs cat 2>/dev/null | grep -c "^inotify "\' 2>/dev/null </dev/null)"',
  'else echo "$m unreadable"; fi',
];
