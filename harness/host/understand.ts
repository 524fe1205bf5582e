import { readAsids } from './asids.ts';
import { type ProbeTimes, readClock } from './clock.ts';
import { parseCpuinfo, parseEncryptionLeaf } from './cpu.ts';
import { factsOf } from './facts.ts';
import { type EncryptionLog, isNoKernelLog, readEncryptionLog } from './kernel-log.ts';
import * as parse from './parse.ts';
import { firstRead, type Reading, type Readings } from './readings.ts';
import type { HostState } from './state.ts';

/** Makes sense of what was read. Pure; what is not understood is told as unknown. */
export function hostState(readings: Readings, times: ProbeTimes): HostState {
  const { parse: read } = readings;
  const parameter = (name: string) => read(`/sys/module/kvm_amd/parameters/${name}`, parse.parseSwitch);
  const cpu = read('/proc/cpuinfo', parseCpuinfo);
  const leaf = read('cpuid', parseEncryptionLeaf);
  const log = readLog(readings);
  const hidingAsids = readHiding(readings, log);
  const state: Omit<HostState, 'facts'> = {
    isRoot: read('sudo', (text) => (/^\d+$/.test(text.trim()) ? text.trim() === '0' : undefined)),
    architecture: read('uname -m', (text) => /^[a-z0-9_]{3,12}$/.exec(text.trim())?.[0]),
    kernel: read('uname -r', parse.parseRelease),
    cpu,
    leaf,
    parameters: {
      sev: parameter('sev'),
      sev_es: parameter('sev_es'),
      sev_snp: parameter('sev_snp'),
      nested: parameter('nested'),
    },
    hidingAsids,
    log,
    asids: readAsids({ readings, leaf, log, hidingAsids }),
    commandLine: read('/proc/cmdline', parse.parseCommandLine),
    iommus: read('/sys/class/iommu', parse.parseIommus),
    memory: read('/proc/meminfo', parse.parseMeminfo),
    devices: {
      '/dev/kvm': read('/dev/kvm', parse.parseNode),
      '/dev/sev': read('/dev/sev', parse.parseNode),
      '/dev/vhost-net': read('/dev/vhost-net', parse.parseNode),
    },
    moduleFolders: {
      kvm: read('/sys/module/kvm', parse.parseNode),
      kvm_amd: read('/sys/module/kvm_amd', parse.parseNode),
      ccp: read('/sys/module/ccp', parse.parseNode),
    },
    cgroup: readCgroup(readings),
    virtualization: read('virtualization', (text) => /^[a-z][a-z0-9-]{1,30}$/.exec(text.trim())?.[0]),
    containerMarks: ['/run/.containerenv', '/.dockerenv'].filter(
      (name) => read(name, parse.parseNode).state === 'read',
    ),
    inotify: {
      maxInstances: read('/proc/sys/fs/inotify/max_user_instances', parse.parseCount),
      maxWatches: read('/proc/sys/fs/inotify/max_user_watches', parse.parseCount),
      use: read('inotify', parse.parseInotify),
    },
    threads: {
      pidMax: read('/proc/sys/kernel/pid_max', parse.parseCount),
      max: read('/proc/sys/kernel/threads-max', parse.parseCount),
      now: read('/proc/loadavg', parse.parseThreads),
    },
    space: read('space', (text) => parse.parseDf(text, 1024)),
    inodes: read('inodes', (text) => parse.parseDf(text, 1)),
    clock: readClock(readings, times),
    virtualizer: {
      qemu: read('qemu', versionOf),
      libvirt: read('libvirt', versionOf),
      ovmf: read('ovmf', (text) => (/^(\/\S+\n?)*$/.test(text) ? text.split('\n').join(' ').trim() : undefined)),
    },
  };
  return { ...state, facts: factsOf(state, readings) };
}

/** The parameter is what was asked for; a log that is whole and does not speak of it says that it was not granted. */
function readHiding(readings: Readings, log: Reading<EncryptionLog>): Reading<number> {
  const asked = readings.parse('/sys/module/kvm_amd/parameters/ciphertext_hiding_asids', parse.parseCount);
  const isRefused = log.state === 'read' && log.value.isWhole && !log.value.isHiding;
  return asked.state === 'read' && isRefused ? { ...asked, value: 0 } : asked;
}

function readLog(readings: Readings): Reading<EncryptionLog> {
  const understand = (text: string) => (isNoKernelLog(text) ? undefined : readEncryptionLog(text));
  const ring = readings.parse('dmesg', understand);
  const journal = readings.parse('journal', understand);
  if (ring.state === 'read' && (ring.value.isWhole || journal.state !== 'read')) return ring;
  return firstRead(journal, ring).state === 'read' ? firstRead(journal, ring) : ring;
}

/** The node that is there only in this version of cgroup. */
function readCgroup(readings: Readings): Reading<'v1' | 'v2' | 'hybrid'> {
  const there = (name: string) => readings.parse(name, parse.parseNode).state === 'read';
  const from = '/sys/fs/cgroup';
  if (there('/sys/fs/cgroup/cgroup.controllers')) return { state: 'read', value: 'v2', from };
  if (!there('/sys/fs/cgroup/memory'))
    return { state: 'unknown', why: `${from} has neither cgroup.controllers nor memory`, from };
  return { state: 'read', value: there('/sys/fs/cgroup/unified') ? 'hybrid' : 'v1', from };
}

/** The first line, cut to a version; nothing printed means nothing installed. */
function versionOf(text: string): string | undefined {
  if (text.trim() === '') return '';
  return /^.*\b\d+\.\d+(\.\d+)?\S*/.exec(text.trim().split('\n', 1)[0] ?? '')?.[0].slice(0, 80);
}
