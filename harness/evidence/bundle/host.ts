import { randomBytes } from 'node:crypto';
import { type Clock, readClock } from '../../host/clock.ts';
import { parseReadings, type Readings, valueIn } from '../../host/readings.ts';
import type { SshConnection } from '../../ssh/connection.ts';
import { execReading } from '../../ssh/read-again.ts';
import type { Collecting } from './collecting.ts';
import type { ClusterClock } from './contents.ts';
import { kernelMoments } from './moments.ts';

const COMMAND = 'env LC_ALL=C sh -s';
const FOLDERS = ['/sys/fs/cgroup', '/sys/fs/cgroup/misc'];
const ASID_FILES = FOLDERS.flatMap((folder) => [`${folder}/misc.capacity`, `${folder}/misc.current`]);
const PARAMETERS = ['sev', 'sev_es', 'sev_snp', 'ciphertext_hiding_asids'].map(
  (name) => `/sys/module/kvm_amd/parameters/${name}`,
);
const DMESG = "lines of the host's kernel log about sev, ccp, kvm, the RMP and the IOMMU";
const ASIDS = "ASIDs of the host and how many are in use, with kvm_amd's parameters";
const VIRSH = [
  {
    section: 'virsh domcapabilities',
    file: 'domcapabilities.xml',
    what: "what the host's own libvirt and QEMU can do",
  },
  { section: 'virsh nodesevinfo', file: 'nodesevinfo.txt', what: "the host's SEV platform as its own libvirt sees it" },
] as const;

/** Asks the host in one round trip. @returns how its clock stands against ours, as far as it was told. */
export async function askHost(collecting: Collecting, ssh: SshConnection): Promise<ClusterClock | undefined> {
  const from = `ssh ${ssh.description}`;
  const mark = `sevlane-${randomBytes(9).toString('hex')}`;
  return await collecting.ask({ what: `${DMESG}; ${ASIDS}`, from }, async () => {
    const before = Date.now();
    const options = { signal: collecting.signal, stdin: script(mark) };
    const { stdout, stderr } = await execReading(ssh, COMMAND, options);
    const readings = parseReadings(stdout, { mark, what: from, stderr });
    const clock = valueIn(readClock(readings, { before, after: Date.now() }));
    await keepKernelLog(collecting, readings, from);
    await keepAsids(collecting, readings, from);
    for (const { section, file, what } of VIRSH) {
      const text = readings.text(section);
      // Most hosts have no libvirt of their own: the launchers' is the one that counts.
      if (text !== undefined && text !== '')
        await collecting.shelf.put({ what, from: `\`${section}\` on ${from}`, file: `host/${file}`, text });
    }
    return clock === undefined ? undefined : { ...agreeing(clock), from: 'asked over SSH' };
  });
}

/** A difference that the measurement cannot tell from none is none. */
function agreeing({ aheadMs, uncertaintyMs }: Clock): Clock {
  return { aheadMs: Math.abs(aheadMs) <= uncertaintyMs ? 0 : aheadMs, uncertaintyMs };
}

async function keepKernelLog({ shelf, theirs }: Collecting, readings: Readings, from: string): Promise<void> {
  const text = readings.text('dmesg');
  const wanted = { what: DMESG, from: `dmesg on ${from}` };
  if (text === undefined) return shelf.missed({ ...wanted, why: 'only root may read it there' });
  const uptimeMs = Number(/^[\d.]+/.exec(readings.text('/proc/uptime') ?? '')?.[0]) * 1000;
  const nowMs = Number(readings.text('clock')) * 1000;
  // NaN where one was not told: then the kernel's lines have no place on a timeline.
  const bootedAt = nowMs - uptimeMs;
  if (!Number.isNaN(bootedAt)) theirs.push(...kernelMoments(text, 'host kernel', bootedAt));
  await shelf.put({
    ...wanted,
    file: 'host/dmesg.txt',
    place: 'host-dmesg',
    text,
    ...(text === '' ? { remark: 'no such line' } : {}),
  });
}

async function keepAsids({ shelf }: Collecting, readings: Readings, from: string): Promise<void> {
  const rows = [...ASID_FILES, ...PARAMETERS].flatMap((path) => {
    const state = readings.state(path);
    if (state === 'absent') return [];
    return [`# ${path}\n${state === 'read' ? readings.text(path) : '(could not be read)'}\n`];
  });
  const below = readings.text('misc.current below') ?? '';
  const all = below === '' ? rows : [...rows, `# misc.current of groups that hold some\n${below}\n`];
  const wanted = { what: ASIDS, from: `files on ${from}` };
  if (all.length === 0) return shelf.missed({ ...wanted, why: 'neither a misc controller nor kvm_amd is there' });
  await shelf.put({ ...wanted, file: 'host/asids.txt', text: all.join('\n') });
}

/** POSIX sh and plain programs that read. What only root may read is asked for with `sudo -n`, which never asks back. */
function script(mark: string): string {
  return [
    `m=${mark}`,
    'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH',
    's() { echo; echo "$m $1"; }',
    't=; command -v timeout >/dev/null 2>&1 && t="timeout 10"',
    'run() { s "$1"; shift; "$@" 2>/dev/null </dev/null || echo "$m exit $?"; }',
    'run clock date +%s.%N',
    'p=; [ "$(id -u)" = 0 ] || { p="sudo -n"; sudo -n true >/dev/null 2>&1 </dev/null || p=; }',
    `for f in /proc/uptime ${[...ASID_FILES, ...PARAMETERS].join(' ')}; do s $f; if [ -e $f ]; then cat $f 2>/dev/null || echo "$m unreadable"; else echo "$m absent"; fi; done`,
    `s "misc.current below"; grep -H "[1-9]" /sys/fs/cgroup/*/misc.current /sys/fs/cgroup/*/*/misc.current 2>/dev/null | head -n 200`,
    's dmesg; d=$(dmesg 2>/dev/null) || d=$($p dmesg 2>/dev/null </dev/null) || echo "$m unreadable"',
    'printf "%s\\n" "$d" | grep -i -E "sev|ccp|kvm|svm|snp|rmp|amd-vi|memory encryption"',
    ...VIRSH.map(
      ({ section }) =>
        `s "${section}"; if command -v virsh >/dev/null 2>&1; then $t $p ${section} 2>/dev/null </dev/null || echo "$m exit $?"; else echo "$m absent"; fi`,
    ),
    'run "clock again" date +%s.%N',
    's end',
    '',
  ].join('\n');
}
