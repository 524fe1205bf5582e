import { expect } from 'chai';
import { describe, it } from 'mocha';
import { missingCapabilities } from '../../harness/host/facts.ts';
import { parseReadings, type Readings } from '../../harness/host/readings.ts';
import { hostState } from '../../harness/host/understand.ts';
import type { HostFacts } from '../../harness/model/host-facts.ts';

const MARK = 'mark';

const hostFacts = (readings: Readings): HostFacts => hostState(readings, { before: 0, after: 0 }).facts;

/** Answers of a Milan as it should be; null takes one away, `unreadable` forbids it. */
const MILAN = {
  '/proc/cpuinfo':
    'processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7413 24-Core Processor\nstepping\t: 1\nmicrocode\t: 0xa0011d5\nflags\t\t: fpu svm sme sev sev_es sev_snp\n\nprocessor\t: 1\nmodel\t\t: 99',
  '/proc/meminfo': 'MemTotal:       1056385784 kB\nMemFree:        1 kB',
  '/etc/os-release': 'NAME="Red Hat Enterprise Linux"\nPRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"\nID="rhel"',
  '/sys/module/kvm_amd': 'drwxr-xr-x 6 0 0 0 Jan 1 00:00 /sys/module/kvm_amd',
  '/sys/module/kvm_amd/parameters/sev': 'Y',
  '/sys/module/kvm_amd/parameters/sev_es': 'Y',
  '/sys/module/kvm_amd/parameters/sev_snp': 'Y',
  '/sys/fs/cgroup/misc.capacity': 'sev 410\nsev_es 99',
  '/dev/sev': 'crw------- 1 0 0 10, 124 Jan 1 00:00 /dev/sev',
  'uname -n': 'milan',
  'uname -r': '6.11.0-rc3',
  dmesg: '[    7.9] ccp 0000:22:00.1: SEV-SNP API:1.55 build:21\n[   11.0] kvm_amd: SEV enabled (ASIDs 100 - 509)',
} as const;

type Answers = Partial<Record<string, string | null>>;

function facts(changes: Answers = {}): HostFacts {
  const answers: Answers = { ...MILAN, ...changes };
  const sections = Object.entries(answers).map(([name, text]) => {
    const body =
      text === null ? `${MARK} absent\n${MARK} unreadable` : text === 'unreadable' ? `${MARK} unreadable` : text;
    return `\n${MARK} ${name}\n${body}`;
  });
  return hostFacts(parseReadings(`${sections.join('\n')}\n${MARK} end\n`, { mark: MARK, what: 'probe', stderr: '' }));
}

const support = (changes: Answers) => facts(changes).support;

describe('host facts', () => {
  it('are read from what a Milan answers', () => {
    expect(facts()).to.deep.equal({
      hostname: 'milan',
      cpuModel: 'AMD EPYC 7413 24-Core Processor',
      cpuFamily: 25,
      cpuModelNumber: 1,
      microcode: '0xa0011d5',
      kernel: '6.11.0-rc3',
      os: 'Red Hat Enterprise Linux 9.4 (Plow)',
      memoryBytes: 1_056_385_784 * 1024,
      firmware: '1.55 build 21',
      support: {
        sev: {
          technology: 'sev',
          given: 'yes',
          supported: true,
          cause: 'given',
          readFrom: '/sys/module/kvm_amd/parameters/sev=Y',
          slots: 410,
        },
        'sev-es': {
          technology: 'sev-es',
          given: 'yes',
          supported: true,
          cause: 'given',
          readFrom: '/sys/module/kvm_amd/parameters/sev_es=Y',
          slots: 99,
        },
        'sev-snp': {
          technology: 'sev-snp',
          given: 'yes',
          supported: true,
          cause: 'given',
          readFrom: '/sys/module/kvm_amd/parameters/sev_snp=Y',
          slots: 99,
        },
      },
    });
  });

  it('take 1 and 0 of old kernels for Y and N', () => {
    const old = support({
      '/sys/module/kvm_amd/parameters/sev': '1',
      '/sys/module/kvm_amd/parameters/sev_es': '0',
    });
    expect([old.sev.supported, old['sev-es'].supported]).to.deep.equal([true, false]);
  });

  it('say that the processor cannot do SNP', () => {
    const rome = support({
      '/proc/cpuinfo': 'model name\t: AMD EPYC 7742\nflags\t\t: svm sme sev sev_es',
      '/sys/module/kvm_amd/parameters/sev_snp': null,
    });
    expect(rome['sev-snp']).to.deep.include({
      supported: false,
      readFrom:
        '/sys/module/kvm_amd/parameters/sev_snp is absent (/proc/cpuinfo has no sev_snp flag: the processor cannot, or the BIOS has it off)',
    });
  });

  it('say that the kernel is too old for what the processor can', () => {
    const old = support({ '/sys/module/kvm_amd/parameters/sev_snp': null, dmesg: '' });
    expect(old['sev-snp'].readFrom).to.include("this kernel's kvm_amd does not know it");
  });

  it('say why the kernel left SNP off, in its own words', () => {
    for (const line of [
      'SEV-SNP: Memory for the RMP table has not been reserved by BIOS',
      'SNP: IOMMU disabled or configured in passthrough mode, SNP cannot be supported.',
      'AMD-Vi: SNP: IOMMU SNP feature not enabled, SNP cannot be supported.',
      'ccp 0000:22:00.1: SEV-SNP: failed to INIT rc -5, error 0x0',
    ]) {
      const off = support({ '/sys/module/kvm_amd/parameters/sev_snp': 'N', dmesg: `[    0.000311] ${line}` });
      expect(off['sev-snp'].readFrom).to.equal(`/sys/module/kvm_amd/parameters/sev_snp=N (dmesg: ${line})`);
      expect(off.sev.supported).to.equal(true);
    }
  });

  it('say that the BIOS has memory encryption off', () => {
    const off = support({
      '/proc/cpuinfo': 'flags\t\t: svm',
      '/sys/module/kvm_amd/parameters/sev': 'N',
      dmesg: '[    6.8] ccp 0000:22:00.1: SEV: memory encryption not enabled by BIOS',
    });
    expect(off.sev.readFrom).to.include('sev=N (dmesg: ccp 0000:22:00.1: SEV: memory encryption not enabled by BIOS)');
  });

  it('say that the BIOS leaves no ASID for SEV-ES', () => {
    const off = support({
      '/sys/module/kvm_amd/parameters/sev_es': 'N',
      '/sys/fs/cgroup/misc.capacity': 'sev 509',
      dmesg: '',
    });
    expect(off['sev-es'].readFrom).to.include('SEV-ES ASID Space Limit');
    const told = support({
      '/sys/module/kvm_amd/parameters/sev_es': 'N',
      dmesg: '[ 11.0] SVM: SEV-ES disabled (ASIDs 0 - 0)',
    });
    expect(told['sev-es'].readFrom).to.include('(dmesg: SVM: SEV-ES disabled (ASIDs 0 - 0))');
  });

  it('do not believe a parameter when all ASIDs went to the others, or when there is no /dev/sev', () => {
    const none = support({ '/sys/fs/cgroup/misc.capacity': 'sev 0\nsev_es 509' });
    expect(none.sev).to.include({ supported: false, slots: 0 });
    expect(none.sev.readFrom).to.include('no ASID is left for it (/sys/fs/cgroup/misc.capacity: sev 0)');
    const unusable = support({
      '/sys/fs/cgroup/misc.capacity': null,
      dmesg: '[ 11.0] kvm_amd: SEV unusable (ASIDs 510 - 509)',
    });
    expect(unusable.sev.supported).to.equal(false);
    const nested = support({ '/dev/sev': null });
    expect(nested.sev).to.include({ supported: false });
    expect(nested.sev.readFrom).to.include('/dev/sev is absent');
  });

  it('say that kvm_amd is not loaded, and that this is no AMD machine', () => {
    const gone = Object.fromEntries(
      Object.keys(MILAN).flatMap((name) => (name.includes('kvm_amd') ? [[name, null] as const] : [])),
    );
    expect(support(gone).sev.readFrom).to.include('the module kvm_amd is not loaded');
    const intel = support({ ...gone, '/proc/cpuinfo': 'vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx' });
    expect(intel.sev.readFrom).to.include('no svm flag');
  });

  for (const [kernel, lines, slots] of [
    ['4.18', 'SEV supported: 410 ASIDs\nSEV-ES supported: 99 ASIDs', [410, 99, undefined]],
    ['5.14', 'SVM: SEV supported: 410 ASIDs\nSVM: SEV-ES supported: 99 ASIDs', [410, 99, undefined]],
    ['6.1', 'SVM: SEV enabled (ASIDs 100 - 509)\nSVM: SEV-ES enabled (ASIDs 1 - 99)', [410, 99, undefined]],
    [
      '6.11',
      'kvm_amd: SEV enabled (ASIDs 100 - 509)\nkvm_amd: SEV-ES enabled (ASIDs 1 - 99)\nkvm_amd: SEV-SNP enabled (ASIDs 1 - 99)',
      [410, 99, 99],
    ],
    ['very old', 'SEV supported', [undefined, undefined, undefined]],
  ] as const) {
    it(`count ASIDs in the words of kernel ${kernel} where there is no misc controller`, () => {
      const dmesg = lines
        .split('\n')
        .map((line, n) => `[   11.00000${n}] ${line}`)
        .join('\n');
      const told = support({ '/sys/fs/cgroup/misc.capacity': null, dmesg });
      expect([told.sev.slots, told['sev-es'].slots, told['sev-snp'].slots]).to.deep.equal(slots);
      expect(told.sev.supported).to.equal(true);
    });
  }

  it('are still there for a user who may not read the kernel log, and say so where it matters', () => {
    const plain = support({ dmesg: 'unreadable', '/sys/module/kvm_amd/parameters/sev_snp': 'N' });
    expect(plain.sev.supported).to.equal(true);
    expect(plain['sev-snp'].readFrom).to.include('dmesg could not be read, so the reason is not known');
  });

  it('name what a demand lacks, where that was read, and what to do', () => {
    const host = facts({ '/sys/module/kvm_amd/parameters/sev_snp': 'N' });
    expect(missingCapabilities(host, ['sev', 'sev-es'])).to.deep.equal([]);
    const [missing, ...others] = missingCapabilities(host, ['sev-snp', 'sev']);
    expect(others).to.deep.equal([]);
    expect(missing?.technology).to.equal('sev-snp');
    expect(missing?.message).to.match(/^host milan \(AMD EPYC 7413.*, kernel 6\.11.*\) lacks SEV-SNP: .*sev_snp=N/);
    expect(missing?.hint).to.include('IOMMU');
  });
});

describe('the output of a probe', () => {
  const parse = (output: string, stderr = '') => parseReadings(output, { mark: MARK, what: 'probe of n', stderr });

  it('is found among banners and whatever else a login shell prints', () => {
    const readings = parse(`Welcome!\n\n${MARK} uname -n\nnode\n\n${MARK} end\n\nlogout\n`);
    expect(readings.text('uname -n')).to.equal('node');
    expect(readings.state('dmesg')).to.equal('unreadable');
  });

  it('is refused when it was cut or is something else', () => {
    expect(() => parse(`${MARK} uname -n\nnode`)).to.throw('did not do the whole probe; it last said "node"');
    expect(() => parse('', 'This account is restricted.\n')).to.throw('it last said "This account is restricted."');
    expect(() => parse('')).to.throw('it last said nothing');
  });

  it('makes no technology supported out of nothing', () => {
    const { support: none } = hostFacts(parse(`${MARK} end\n`));
    expect(Object.values(none).map(({ supported }) => supported)).to.deep.equal([false, false, false]);
  });
});
