import { expect } from 'chai';
import { describe, it } from 'mocha';
import { HOST_CHECKS, hostRows } from '../../harness/doctor/host/examine.ts';
import type { CheckResult } from '../../harness/model/check.ts';
import { ABSENT, type Answers, FIXTURES, fixture, stateOf } from '../host/fixture.ts';

const GIB = 2 ** 30;

const rows = (answers: Answers, times?: { readonly before: number; readonly after: number }): readonly CheckResult[] =>
  hostRows({ state: stateOf(answers, times), guestBytes: GIB, guestsAtOnce: 1 });

/** What is not well, without the one note that every host gets. */
const findings = (results: readonly CheckResult[]) =>
  results.flatMap(({ id, verdict }) => (verdict === 'ok' || id === 'host-virtualizer' ? [] : [`${verdict} ${id}`]));

const NOTHING_ENCRYPTED = [
  'note host-firmware',
  'note host-es-beside-snp',
  'note host-asid-split',
  'note host-asids-free',
  'note host-rmp',
];

const FINDINGS: Readonly<Record<string, readonly string[]>> = {
  'milan-6.11': [],
  'long-up-6.11': [],
  'turin-6.18-hiding': [],
  'naples-5.14': ['note host-sev-es', 'note host-sev-snp', 'note host-es-beside-snp', 'note host-rmp'],
  'rome-4.18': ['note host-cgroup', 'note host-sev-snp', 'unread host-asids-free', 'note host-rmp', 'note host-sme'],
  'rome-4.18-no-es-asids': [
    ...['note host-cgroup', 'warning host-sev-es', 'note host-sev-snp', 'unread host-asids-free'],
    ...['note host-es-beside-snp', 'note host-rmp', 'note host-sme'],
  ],
  'milan-6.1': ['note host-encryption-flags', 'warning host-sev-snp', 'note host-rmp'],
  'genoa-6.8': ['note host-encryption-flags', 'warning host-sev-snp', 'note host-rmp', 'warning host-iommu'],
  'genoa-6.12-api-1.58': ['warning host-sev-es', 'note host-es-beside-snp'],
  'snp-off-by-iommu-pt-6.11': [
    ...['note host-encryption-flags', 'warning host-sev-snp', 'warning host-kernel-log', 'warning host-iommu'],
  ],
  'sev-off-in-bios-6.8': [
    ...['fatal host-encryption-flags', 'fatal host-sev', 'warning host-sev-es', 'warning host-sev-snp'],
    ...['fatal host-dev-sev', 'warning host-kernel-log', 'unread host-firmware', 'note host-asid-split'],
    ...['note host-asids-free', 'note host-es-beside-snp', 'note host-rmp'],
  ],
  'plain-user-6.11': [
    ...['unread host-sev-es', 'unread host-kernel-log', 'unread host-firmware', 'unread host-es-beside-snp'],
    ...['note host-asid-split', 'unread host-rmp', 'unread host-sme', 'unread host-inotify'],
  ],
  'nested-6.8': [
    ...['fatal host-bare-metal', 'fatal host-encryption-flags', 'fatal host-sev', 'note host-sev-es'],
    ...['note host-sev-snp', 'fatal host-dev-sev', ...NOTHING_ENCRYPTED, 'warning host-iommu'],
  ],
  'intel-6.11': [
    ...['fatal host-processor', 'fatal host-kvm', 'unread host-nested', 'fatal host-encryption-flags'],
    ...['fatal host-sev', 'note host-sev-es', 'note host-sev-snp', 'fatal host-dev-sev', ...NOTHING_ENCRYPTED],
  ],
};

describe('checks of the host', () => {
  it('have constant, distinct names, and say what they expect and why', () => {
    const ids = HOST_CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(new Set(HOST_CHECKS.map(({ title }) => title)).size).to.equal(ids.length);
    for (const { id, title, expected, why } of HOST_CHECKS) {
      expect(id).to.match(/^host(-[a-z]+)+$/);
      expect(title).to.match(/^[^\n]{10,90}$/);
      expect(expected.length * why.length, id).to.be.greaterThan(0);
    }
  });

  for (const name of FIXTURES) {
    it(`find on ${name} what is to be found, and nothing else`, () => {
      const results = rows(fixture(name));
      expect(findings(results)).to.have.members([...(FINDINGS[name] ?? ['a row in the table'])]);
      for (const { id, verdict, action, read, from } of results) {
        expect(verdict === 'ok' || verdict === 'note' || action !== undefined, id).to.equal(true);
        expect(read, id).to.match(/^[^\n]+$/);
        expect(from, id).to.include('on the node');
      }
    });
  }

  it('send nobody into the BIOS of a machine that no setting can help', () => {
    for (const [name, action] of [
      ['intel-6.11', 'name a node with an AMD EPYC processor'],
      ['nested-6.8', 'name a node on bare metal'],
    ] as const) {
      const told = rows(fixture(name)).filter(({ verdict }) => verdict === 'fatal' || verdict === 'warning');
      expect(told.length).to.be.greaterThan(3);
      for (const { id, action: said } of told) expect(said, id).not.to.match(/BIOS|modprobe/);
      expect(told.find(({ id }) => id === 'host-dev-sev')?.action).to.equal(action);
    }
  });

  const inotify = '/proc/sys/fs/inotify/max_user_instances';
  const snp = '/sys/module/kvm_amd/parameters/sev_snp';
  const memory = (kib: number) => `MemTotal:  33554432 kB\nMemAvailable:  ${kib} kB`;
  const df = (free: number, total = 100_000_000) =>
    `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 ${total} 1 ${free} 99% /\ntmpfs 9000000000 1 8999999999 1% /var/lib/kubelet`;
  const CHANGES: readonly (readonly [what: string, Answers, finding: string, read: RegExp])[] = [
    ['an exhausted inotify limit', { [inotify]: '61' }, 'fatal host-inotify', /root holds 61 instances/],
    ['a tight inotify limit', { [inotify]: '100' }, 'warning host-inotify', /max_user_instances 100/],
    ['a small inotify limit', { [inotify]: '128' }, 'note host-inotify', /enough now/],
    ['little memory', { '/proc/meminfo': memory(1_500_000) }, 'fatal host-memory', /1\.4 GiB of 32\.0 GiB available/],
    [
      'memory in huge pages',
      { '/proc/meminfo': `${memory(1_500_000)}\nHugePages_Total: 15000\nHugepagesize: 2048 kB` },
      'fatal host-memory',
      /29\.3 GiB kept in huge pages/,
    ],
    ['a full disk', { space: df(1_000_000) }, 'fatal host-disk', /^\/ 977 MiB free \(1 %\), \/var\/lib\/kubelet/],
    ['a disk that is nearly full', { space: df(9_000_000) }, 'warning host-disk', /8\.6 GiB free \(9 %\)/],
    ['no inodes', { inodes: df(10) }, 'fatal host-inodes', /^\/ 10 free/],
    ['a fork bomb', { '/proc/loadavg': '1.00 1.00 1.00 1/4190000 1' }, 'fatal host-processes', /4190000 threads/],
    ['many threads', { '/proc/sys/kernel/pid_max': '2048' }, 'warning host-processes', /1874 threads, pid_max 2048/],
    [
      'ASIDs that are told differently',
      { '/sys/fs/cgroup/misc.capacity': 'sev 509' },
      'warning host-asid-split',
      /^SEV: misc\.capacity 509, CPUID 410, dmesg 410$/,
    ],
    [
      'guests of others on every ASID',
      { '/sys/fs/cgroup/misc.current': 'sev 410\nsev_es 3' },
      'warning host-asids-free',
      /SEV 410 of 410, SEV-ES 3 of 99/,
    ],
    [
      'a controller that counts nothing',
      { '/sys/fs/cgroup/misc.current': '' },
      'unread host-asids-free',
      /no row sev$/,
    ],
    [
      'a controller that does not count SEV-ES',
      { '/sys/fs/cgroup/misc.current': 'sev 3' },
      'unread host-asids-free',
      /no row sev_es$/,
    ],
    ['no /dev/vhost-net', { '/dev/vhost-net': ABSENT }, 'warning host-dev-vhost-net', /is absent/],
    [
      'a file in place of /dev/kvm',
      { '/dev/kvm': '-rw-r--r-- 1 0 0 0 Mar  3 08:00 /dev/kvm' },
      'fatal host-dev-kvm',
      /no device/,
    ],
    ['no kvm_amd', { '/sys/module/kvm_amd': ABSENT }, 'fatal host-kvm', /kvm_amd absent/],
    ['an old kernel', { 'uname -r': '4.15.0-20-generic' }, 'fatal host-kernel', /older than 4\.16/],
    ['a login into a container', { virtualization: 'podman' }, 'warning host-bare-metal', /into a container/],
    [
      'a container that does not know that it is one',
      { '/.dockerenv': '-rwxr-xr-x 1 0 0 0 Mar  3 08:00 /.dockerenv' },
      'warning host-bare-metal',
      /dockerenv/,
    ],
    ['another architecture', { 'uname -m': 'aarch64' }, 'fatal host-processor', /^aarch64/],
    ['no IOMMU', { '/sys/class/iommu': '' }, 'warning host-iommu', /uses no IOMMU/],
    [
      'old firmware',
      { dmesg: '[0.0] Linux version 6.11\n[7.1] ccp 0000:22:00.1: SEV API:1.49 build:3' },
      'warning host-firmware',
      /API:1\.49/,
    ],
    [
      'a fault in the log',
      { dmesg: '[0.0] Linux version 6.11\n[6.1] ccp 0000:22:00.1: SEV: failed to INIT error 0x1, rc -5' },
      'warning host-kernel-log',
      /failed to INIT/,
    ],
    [
      'no memory for the RMP',
      {
        [snp]: 'N',
        dmesg: '[0.0] Linux version 6.11\n[0.1] SEV-SNP: Memory for the RMP table has not been reserved by BIOS',
      },
      'warning host-rmp',
      /not been reserved/,
    ],
    [
      'all ASIDs given to SEV-ES',
      { '/sys/fs/cgroup/misc.capacity': 'sev 0\nsev_es 509' },
      'warning host-sev',
      /no ASID is left for it/,
    ],
  ];
  for (const [what, changes, finding, read] of CHANGES) {
    it(`name ${what}`, () => {
      const results = rows({ ...fixture('milan-6.11'), ...changes });
      expect(findings(results)).to.include(finding);
      expect(results.find(({ id }) => id === finding.split(' ')[1])?.read).to.match(read);
    });
  }

  it('judge the clock by what the round trip leaves certain', () => {
    const at = (before: number, after: number) => {
      const clock = rows(fixture('milan-6.11'), { before, after }).find(({ id }) => id === 'host-clock');
      return `${clock?.verdict}: ${clock?.read}`;
    };
    // The node spends 100 ms between its two readings, around 1772524800300.
    const node = 1_772_524_800_300;
    expect(at(node - 70, node + 70)).to.equal('ok: 0 ms ahead of ours, give or take 21 ms');
    expect(at(node - 5_070, node - 4_930)).to.equal('warning: 5000 ms ahead of ours, give or take 21 ms');
    expect(at(node + 89_930, node + 90_070)).to.equal('fatal: 90000 ms behind ours, give or take 21 ms');
    expect(at(node - 1_070, node - 930)).to.equal('ok: 1000 ms ahead of ours, give or take 21 ms');
    // Neither in step for sure nor out of it: what may be well is not said to be.
    for (const [before, after] of [
      [1_000, 9_000],
      [-3_750, 50],
    ] as const)
      expect(at(node + before, node + after)).to.match(/^unread: \d+ ms .*: the answer took too long to tell$/);
    expect(at(node - 50_000, node + 50_000)).to.match(/^unread: /);
  });

  it('need as much memory as the guests that are alive at once', () => {
    const state = stateOf({ ...fixture('milan-6.11'), '/proc/meminfo': memory(8 * 2 ** 20) });
    const verdict = (guestsAtOnce: number) =>
      hostRows({ state, guestBytes: GIB, guestsAtOnce }).find(({ id }) => id === 'host-memory')?.verdict;
    expect([1, 4, 5].map(verdict)).to.deep.equal(['ok', 'ok', 'fatal']);
  });
});
