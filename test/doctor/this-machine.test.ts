import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { HOST_CHECKS, hostRows } from '../../harness/doctor/host/examine.ts';
import { readHost } from '../../harness/host/probe.ts';
import type { HostState } from '../../harness/host/state.ts';
import type { CheckResult } from '../../harness/model/check.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';

/** What a shell on this very machine prints. */
function shell(script: string): string {
  return execFileSync('sh', ['-c', `LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin; ${script}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
const is = (test: string) => shell(`${test} && echo yes || echo no`) === 'yes';
const has = (flag: string) => is(`grep -m1 '^flags' /proc/cpuinfo | grep -qw ${flag}`);
const near = (told: number, shown: number, part: number) => Math.abs(told - shown) <= shown * part;

type Row = Pick<CheckResult, 'verdict' | 'read'>;

/** Whether a row tells what the shell shows; one for each check of the host. */
const SHOWN: Readonly<Record<string, (row: Row, state: HostState) => boolean>> = {
  'host-processor': ({ verdict, read }) => {
    const isAmd = is('grep -q AuthenticAMD /proc/cpuinfo');
    return (
      read.includes(shell("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1")) &&
      (verdict === 'fatal') === !isAmd
    );
  },
  'host-bare-metal': ({ verdict, read }) => {
    const virtual = shell('systemd-detect-virt || true');
    if (has('hypervisor')) return verdict === 'fatal' && read.includes(virtual);
    return virtual === '' || virtual === 'none' ? verdict !== 'fatal' : verdict === 'warning';
  },
  'host-kernel': ({ read }) => read.startsWith(shell('uname -r')),
  'host-kvm': ({ verdict }) =>
    (verdict === 'ok') === (has('svm') && is('[ -e /sys/module/kvm ] && [ -e /sys/module/kvm_amd ]')),
  'host-dev-kvm': ({ verdict, read }) =>
    is('[ -c /dev/kvm ]') ? read === shell('ls -l /dev/kvm | cut -c1-10') : verdict === 'fatal',
  'host-dev-vhost-net': ({ verdict }) => (verdict === 'ok') === is('[ -c /dev/vhost-net ]'),
  'host-nested': ({ verdict }) => (verdict === 'ok') === is('[ -e /sys/module/kvm_amd/parameters/nested ]'),
  'host-cgroup': ({ verdict }) => (verdict === 'ok') === is('[ -e /sys/fs/cgroup/cgroup.controllers ]'),
  'host-virtualizer': ({ read }) =>
    read.includes('qemu none') !==
    is('command -v qemu-system-x86_64 || command -v qemu-kvm || [ -x /usr/libexec/qemu-kvm ]'),
  'host-encryption-flags': ({ verdict }) => (verdict === 'ok' || verdict === 'note') === has('sev'),
  'host-sev': ({ verdict }) => (verdict === 'ok') === is("grep -qx '[Y1]' /sys/module/kvm_amd/parameters/sev"),
  'host-sev-es': ({ verdict }) => verdict !== 'ok' || is("grep -qx '[Y1]' /sys/module/kvm_amd/parameters/sev_es"),
  'host-sev-snp': ({ verdict }) => (verdict === 'ok') === is("grep -qx '[Y1]' /sys/module/kvm_amd/parameters/sev_snp"),
  'host-dev-sev': ({ verdict }) => (verdict === 'ok') === is('[ -c /dev/sev ]'),
  'host-kernel-log': ({ verdict }) => {
    if (!is('dmesg | grep -q "Linux version"')) return true;
    return (verdict === 'ok') !== is('dmesg | grep -Eq "not enabled by BIOS|failed to INIT|RMP.*(not|does not)"');
  },
  'host-firmware': ({ verdict }) => (verdict === 'ok' || verdict === 'warning') === is('dmesg | grep -q "SEV API:"'),
  'host-es-beside-snp': ({ verdict }) =>
    verdict !== 'ok' ||
    is("cat /sys/module/kvm_amd/parameters/sev_es /sys/module/kvm_amd/parameters/sev_snp | grep -qx '[Y1]'"),
  'host-asid-split': ({ verdict }) =>
    verdict !== 'ok' || is('[ -s /sys/fs/cgroup/misc.capacity ] || dmesg | grep -q "ASIDs"'),
  'host-asids-free': ({ verdict }) => verdict !== 'ok' || is('[ -e /sys/fs/cgroup/misc.capacity ]'),
  'host-rmp': ({ verdict }) => (verdict === 'ok') === is('dmesg | grep -q "RMP.*table physical range"'),
  'host-iommu': ({ verdict }) =>
    (verdict === 'ok') === (is('ls /sys/class/iommu | grep -q .') && !is('grep -Eq "iommu=(pt|off)" /proc/cmdline')),
  'host-sme': ({ verdict }) => (verdict === 'note') === is('dmesg | grep -Eq "\\(SME\\) active|active: AMD SME"'),
  'host-memory': ({ verdict }, { memory }) => {
    const shown = Number(shell("sed -n 's/^MemAvailable: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")) * 1024;
    const told = memory.state === 'read' ? (memory.value.availableBytes ?? 0) : 0;
    return near(told, shown, 0.2) && (verdict === 'ok') === shown > 2.5 * 2 ** 30;
  },
  'host-inotify': ({ read }) =>
    read.includes(`max_user_instances ${shell('cat /proc/sys/fs/inotify/max_user_instances')},`) &&
    read.includes(`max_user_watches ${shell('cat /proc/sys/fs/inotify/max_user_watches')};`),
  'host-processes': ({ read }, { threads }) =>
    read.includes(`pid_max ${shell('cat /proc/sys/kernel/pid_max')},`) &&
    threads.now.state === 'read' &&
    near(threads.now.value, Number(shell("cut -d' ' -f4 /proc/loadavg | cut -d/ -f2")), 0.8),
  'host-disk': (_, { space }) => {
    const root = space.state === 'read' ? space.value.find(({ mountedOn }) => mountedOn === '/') : undefined;
    const shown = shell("df -Pk / | tail -n 1 | sed 's/  */ /g'").split(' ');
    return root?.total === Number(shown[1]) * 1024 && near(root.free, Number(shown[3]) * 1024, 0.1);
  },
  'host-inodes': (_, { inodes }) => {
    const root = inodes.state === 'read' ? inodes.value.find(({ mountedOn }) => mountedOn === '/') : undefined;
    return root?.total === Number(shell("df -Pi / | tail -n 1 | sed 's/  */ /g'").split(' ')[1]);
  },
  // It is the same clock; on a busy machine the answer may take too long to show that.
  'host-clock': ({ verdict }, { clock }) =>
    (verdict === 'ok' || verdict === 'unread') &&
    clock.state === 'read' &&
    Math.abs(clock.value.aheadMs) <= clock.value.uncertaintyMs + 5,
};

describe('the host that these tests run on, read through a real sshd', () => {
  let sshd: Sshd;
  let scope: OwnedScope;
  let state: HostState;
  let rows: ReadonlyMap<string, CheckResult>;
  before(async function () {
    needSshd(this);
    sshd = await startSshd();
    scope = openScope(() => {});
    state = await readHost(scope, await connectSsh(scope, sshd.target()));
    rows = new Map(hostRows({ state, guestBytes: 2 ** 30, guestsAtOnce: 1 }).map((row) => [row.id, row]));
  });
  after(async () => {
    await scope?.close();
    await sshd?.close();
  });

  it('is compared in each check', () => {
    expect(Object.keys(SHOWN).sort()).to.deep.equal(HOST_CHECKS.map(({ id }) => id).sort());
  });

  for (const [id, agrees] of Object.entries(SHOWN)) {
    it(`shows in a shell what ${id} says`, () => {
      const row = rows.get(id);
      if (row === undefined) throw new Error(`no row ${id}`);
      expect(agrees(row, state), `${row.verdict}: ${row.read}`).to.equal(true);
    });
  }
});

describe('a node with odd manners', () => {
  const fatals = (state: HostState) =>
    hostRows({ state, guestBytes: 2 ** 30, guestsAtOnce: 1 })
      .filter(({ verdict }) => verdict === 'fatal')
      .map(({ id }) => id);

  let plain: HostState | undefined;

  async function readThrough(config: readonly string[]): Promise<HostState> {
    const sshd = await startSshd(config);
    const scope = openScope(() => {});
    try {
      return await readHost(scope, await connectSsh(scope, sshd.target()));
    } finally {
      await scope.close();
      await sshd.close();
    }
  }

  for (const [what, command] of [
    [
      'prints a banner into every command',
      `echo "Welcome to $(hostname)"; echo "sev=Y"; sh -c "$SSH_ORIGINAL_COMMAND"; echo bye`,
    ],
    ['speaks another language', 'LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 sh -c "$SSH_ORIGINAL_COMMAND"'],
    ['has a bare PATH', 'PATH=/usr/bin:/bin sh -c "$SSH_ORIGINAL_COMMAND"'],
    ['floods stderr', 'head -c 3000000 /dev/zero | tr "\\0" x >&2; sh -c "$SSH_ORIGINAL_COMMAND"'],
    ['prints binary before everything', 'head -c 100000 /dev/urandom; echo; sh -c "$SSH_ORIGINAL_COMMAND"'],
  ] as const) {
    it(`that ${what} is read as any other`, async function () {
      needSshd(this);
      plain ??= await readThrough([]);
      const odd = await readThrough([`ForceCommand ${command}`]);
      expect(odd.facts).to.deep.equal(plain.facts);
      expect(fatals(odd)).to.deep.equal(fatals(plain));
    });
  }

  it('whose sudo wants a password is never asked for one, and tells what stays hidden', async function () {
    needSshd(this);
    const folder = mkdtempSync(join(tmpdir(), 'sevlane-sudo-'));
    const program = (name: string, script: string) =>
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    program('id', 'echo 1000');
    program('sudo', `printf "%s\\n" "$*" >>${folder}/asked; echo "sudo: a password is required" >&2; exit 1`);
    program('dmesg', 'echo "dmesg: read kernel buffer failed: Operation not permitted" >&2; exit 1');
    program('journalctl', 'exit 1');
    try {
      const state = await readThrough([`ForceCommand PATH=${folder}:$PATH sh -c "$SSH_ORIGINAL_COMMAND"`]);
      const asked = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
      expect(asked.every((words) => words.startsWith('-n '))).to.equal(true);
      expect(state.isRoot).to.deep.include({ state: 'read', value: false });
      expect(state.log).to.include({ state: 'unreadable', why: 'dmesg could not be read' });
      expect(state.inotify.use.state).to.equal('unreadable');
      const { action } =
        hostRows({ state, guestBytes: 2 ** 30, guestsAtOnce: 1 }).find(({ id }) => id === 'host-inotify') ?? {};
      expect(action).to.equal('log in as root, or let the user use sudo without a password');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
