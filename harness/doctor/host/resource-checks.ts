import type { FileSystem } from '../../host/parse.ts';
import type { Reading } from '../../host/readings.ts';
import { spokenTime } from '../../model/spoken-time.ts';
import { fatal, type Judgement, note, ok, unread, warning } from '../check.ts';
import { AS_ROOT, BY_HAND, type HostCheck, type HostExam, judged, there } from './exam.ts';

const GIB = 2 ** 30;
/** What a launcher takes beside the guest's memory, and the host for itself; source: KubeVirt's overhead for SEV. */
const LAUNCHER_BYTES = 512 * 2 ** 20;
const SPARE_BYTES = GIB;
/** Certificates and leases are judged by clocks: this much apart they are taken for expired or not yet valid. */
const SKEW_WARNING_MS = 2_000;
const SKEW_FATAL_MS = 60_000;

/** What the host has left for the lane. */
export const RESOURCE_CHECKS: readonly HostCheck[] = [
  {
    id: 'host-memory',
    group: 'host',
    title: 'memory is left for the guests of the lane',
    expected: "the guests' memory with their launchers, and 1 GiB to spare",
    why: 'the memory of an encrypted guest is pinned: it can neither be swapped nor overcommitted, and the kernel kills when it runs out',
    judge: judgeMemory,
  },
  {
    id: 'host-inotify',
    group: 'host',
    title: 'inotify instances and watches are left',
    expected: 'at least 64 instances free for root and 65536 watches, better 512 and 1048576 in all',
    why: 'when they run out kubelet, container runtimes and systemd fail with errors that name something else; it has cost a lane a week',
    judge: judgeInotify,
  },
  {
    id: 'host-processes',
    group: 'host',
    title: 'process numbers are left',
    expected: 'less than 80 % of pid_max and threads-max in use',
    why: 'no container starts when fork fails',
    judge: judgeProcesses,
  },
  {
    id: 'host-disk',
    group: 'host',
    title: 'disk space is left where the cluster writes',
    expected: '10 GiB and 15 % free: kubelet evicts below that, and images have to be pulled',
    why: 'with little space kubelet evicts pods and refuses images, the launchers of guests among them',
    judge: ({ state }) => judgeFileSystems(state.space, spokenBytes, { low: 0.15, least: 10 * GIB, none: 2 * GIB }),
  },
  {
    id: 'host-inodes',
    group: 'host',
    title: 'inodes are left where the cluster writes',
    expected: '5 % free',
    why: 'without inodes no file can be made although there is space: kubelet evicts pods',
    judge: ({ state }) => judgeFileSystems(state.inodes, String, { low: 0.05, least: 10_000, none: 1_000 }),
  },
  {
    id: 'host-clock',
    group: 'host',
    title: "the node's clock agrees with ours",
    expected: `within ${spokenTime(SKEW_WARNING_MS)}`,
    why: 'certificates, tokens and leases are judged by clocks: apart, a valid certificate is not valid yet, or a lease looks given up',
    judge: judgeClock,
  },
];

function judgeMemory({ state, guestBytes, guestsAtOnce }: HostExam): Judgement {
  const need = guestsAtOnce * (guestBytes + LAUNCHER_BYTES) + SPARE_BYTES;
  const expected = `at least ${spokenBytes(need)}: ${guestsAtOnce} guests at once of ${spokenBytes(guestBytes)} with their launchers, and 1 GiB to spare`;
  return {
    ...judged(state.memory, BY_HAND, ({ availableBytes, totalBytes, hugePages }, from) => {
      if (availableBytes === undefined) return unread('MemAvailable is not told', from, BY_HAND);
      const huge = hugePages.total * hugePages.sizeBytes;
      const kept = huge === 0 ? '' : `, ${spokenBytes(huge)} kept in huge pages that guests of the lane do not use`;
      const read = `${spokenBytes(availableBytes)} of ${spokenBytes(totalBytes)} available${kept}`;
      if (availableBytes >= need) return huge > totalBytes / 2 ? note(read, from) : ok(read, from);
      const action = huge > 0 ? 'lower vm.nr_hugepages' : 'stop guests and pods of others on the node';
      return fatal(read, from, `${action}, or lower --guest-memory`);
    }),
    expected,
  };
}

function judgeInotify({ state }: HostExam): Judgement {
  const { maxInstances, maxWatches, use } = state.inotify;
  const from = there('/proc/sys/fs/inotify and /proc/*/fd');
  if (maxInstances.state !== 'read') return unread(maxInstances.why, from, BY_HAND);
  if (maxWatches.state !== 'read') return unread(maxWatches.why, from, BY_HAND);
  const limits = `max_user_instances ${maxInstances.value}, max_user_watches ${maxWatches.value}`;
  const raise =
    'sysctl -w fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=1048576, and keep it in /etc/sysctl.d';
  if (use.state !== 'read') return unread(`${limits}; use is not known: ${use.why}`, from, AS_ROOT);
  const root = use.value.instances.get(0) ?? 0;
  const read = `${limits}; root holds ${root} instances, all together ${use.value.watches} watches`;
  const free = maxInstances.value - root;
  if (free <= 0 || use.value.watches >= maxWatches.value) return fatal(read, from, raise);
  if (free < 64 || maxWatches.value - use.value.watches < 65_536) return warning(read, from, raise);
  if (maxInstances.value < 512 || maxWatches.value < 1_048_576)
    return { ...note(`${read}: enough now, less than a busy node needs`, from), action: raise };
  return ok(read, from);
}

function judgeProcesses({ state }: HostExam): Judgement {
  const { pidMax, max, now } = state.threads;
  const from = there('/proc/loadavg, pid_max and threads-max');
  for (const reading of [pidMax, max, now]) if (reading.state !== 'read') return unread(reading.why, from, BY_HAND);
  if (pidMax.state !== 'read' || max.state !== 'read' || now.state !== 'read') return unread('', from, BY_HAND);
  const limit = Math.min(pidMax.value, max.value);
  const read = `${now.value} threads, pid_max ${pidMax.value}, threads-max ${max.value}`;
  if (limit === 0) return unread(`a limit of 0 is no limit: ${read}`, from, BY_HAND);
  if (now.value >= limit * 0.95) return fatal(read, from, 'find what forks without end; raise kernel.pid_max');
  return now.value >= limit * 0.8 ? warning(read, from, 'raise kernel.pid_max') : ok(read, from);
}

interface Levels {
  /** Part of the whole below which it is low, unless there is plenty in numbers. */
  readonly low: number;
  readonly least: number;
  readonly none: number;
}

function judgeFileSystems(
  reading: Reading<readonly FileSystem[]>,
  spoken: (count: number) => string,
  { low, least, none }: Levels,
): Judgement {
  return judged(reading, BY_HAND, (systems) => {
    const from = there('df of /, the kubelet and the container runtime');
    if (systems.length === 0) return unread('no file system tells', from, BY_HAND);
    const read = systems
      .map(({ mountedOn, total, free }) => `${mountedOn} ${spoken(free)} free (${Math.floor((free / total) * 100)} %)`)
      .join(', ');
    const action = 'remove what is not needed: crictl rmi --prune, journalctl --vacuum-size=1G';
    if (systems.some(({ free }) => free < none)) return fatal(read, from, action);
    const isLow = ({ total, free }: FileSystem) => free < least || (free < total * low && free < least * 10);
    return systems.some(isLow) ? warning(read, from, action) : ok(read, from);
  });
}

function judgeClock({ state }: HostExam): Judgement {
  return judged(state.clock, 'see that date works on the node', ({ aheadMs, uncertaintyMs }, from) => {
    const far = Math.abs(aheadMs);
    const read = `${far} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} ours, give or take ${uncertaintyMs} ms`;
    const action = 'let chronyd or systemd-timesyncd set the clock, on the node and here';
    if (far - uncertaintyMs > SKEW_FATAL_MS) return fatal(read, from, action);
    if (far - uncertaintyMs > SKEW_WARNING_MS) return warning(read, from, action);
    // A line so slow that it hides a bad clock is no proof of a good one.
    if (far + uncertaintyMs > SKEW_WARNING_MS)
      return unread(
        `${read}: the answer took too long to tell`,
        from,
        'try again over a better line, or when the node and this machine are less busy',
      );
    return ok(read, from);
  });
}

function spokenBytes(bytes: number): string {
  if (bytes >= GIB) return `${(bytes / GIB).toFixed(bytes >= 100 * GIB ? 0 : 1)} GiB`;
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
