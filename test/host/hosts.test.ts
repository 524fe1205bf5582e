import { expect } from 'chai';
import { describe, it } from 'mocha';
import { capabilityContract } from '../../harness/host/capability.ts';
import { missingCapabilities } from '../../harness/host/facts.ts';
import { TECHNOLOGIES } from '../../harness/model/technology.ts';
import { FIXTURES, fixture, stateOf } from './fixture.ts';

interface Host {
  /** Of SEV, SEV-ES and SEV-SNP: what is given, and how many guests at once. */
  readonly gives: readonly [string, string, string];
  readonly firmware: string | undefined;
  readonly cgroup: 'v1' | 'v2' | 'hybrid';
  /** One for each change that the contract tells. */
  readonly changes: readonly RegExp[];
}

const NO_SNP_SILICON = /^no SEV-SNP guests, the processor has none: .*sev_snp is absent/;
const VIRTUAL = /guests, the node is a virtual machine: .*hypervisor flag/;
const INTEL = /guests, the processor has none: .*no svm flag/;
const BIOS = /off in the BIOS.*memory encryption not enabled by BIOS/;

const HOSTS: Readonly<Record<string, Host>> = {
  'naples-5.14': {
    gives: ['yes 15', 'no 0', 'no 0'],
    firmware: '0.17 build 48',
    cgroup: 'v2',
    changes: [/^no SEV-ES guests, the processor has none: .*sev_es=N .*Naples has no SEV-ES/, NO_SNP_SILICON],
  },
  'rome-4.18': {
    gives: ['yes 410', 'yes 99', 'no 0'],
    firmware: '0.24 build 15',
    cgroup: 'hybrid',
    changes: [NO_SNP_SILICON],
  },
  'rome-4.18-no-es-asids': {
    gives: ['yes 509', 'no 0', 'no 0'],
    firmware: '0.24 build 15',
    cgroup: 'hybrid',
    changes: [/^no SEV-ES guests, no ASID is left for them: .*"SEV-ES ASID Space Limit"/, NO_SNP_SILICON],
  },
  'milan-6.1': {
    gives: ['yes 410', 'yes 99', 'no 0'],
    firmware: '1.49 build 3',
    cgroup: 'v2',
    changes: [/^no SEV-SNP guests, the kernel does not offer them: .*kvm_amd does not know it/],
  },
  'milan-6.11': { gives: ['yes 410', 'yes 99', 'yes 99'], firmware: '1.55 build 21', cgroup: 'v2', changes: [] },
  'long-up-6.11': { gives: ['yes 410', 'yes 99', 'yes 99'], firmware: '1.55 build 21', cgroup: 'v2', changes: [] },
  'plain-user-6.11': {
    gives: ['yes 410', 'unknown 99', 'yes 99'],
    firmware: undefined,
    cgroup: 'v2',
    changes: [/^SEV-ES guests may not start: .*API level is not known \(dmesg could not be read\): from 1\.58/],
  },
  'snp-off-by-iommu-pt-6.11': {
    gives: ['yes 410', 'yes 99', 'no 0'],
    firmware: '1.55 build 21',
    cgroup: 'v2',
    changes: [/^no SEV-SNP guests, the IOMMU is off or does not translate: .*sev_snp=N \(dmesg: SNP: IOMMU disabled/],
  },
  'sev-off-in-bios-6.8': {
    gives: ['no 0', 'no 0', 'no 0'],
    firmware: undefined,
    cgroup: 'v2',
    changes: [BIOS, BIOS, BIOS],
  },
  'genoa-6.8': {
    gives: ['yes 907', 'yes 99', 'no 0'],
    firmware: '1.55 build 39',
    cgroup: 'v2',
    changes: [/^no SEV-SNP guests, the kernel does not offer them/],
  },
  'genoa-6.12-api-1.58': {
    gives: ['yes 907', 'no 0', 'yes 99'],
    firmware: '1.58 build 3',
    cgroup: 'v2',
    changes: [/^no SEV-ES guests, the firmware refuses them while SNP is on: .*API is 1\.58/],
  },
  'turin-6.18-hiding': {
    gives: ['yes 907', 'yes 39', 'yes 60'],
    firmware: '1.57 build 40',
    cgroup: 'v2',
    changes: [/^SEV-SNP guests have 60 ASIDs for themselves/],
  },
  'nested-6.8': {
    gives: ['no 0', 'no 0', 'no 0'],
    firmware: undefined,
    cgroup: 'v2',
    changes: [VIRTUAL, VIRTUAL, VIRTUAL],
  },
  'intel-6.11': { gives: ['no 0', 'no 0', 'no 0'], firmware: undefined, cgroup: 'v2', changes: [INTEL, INTEL, INTEL] },
};

describe('the capability contract', () => {
  it('is known for every host whose answers are kept', () => {
    expect(FIXTURES).to.deep.equal(Object.keys(HOSTS).sort());
  });

  for (const [name, host] of Object.entries(HOSTS)) {
    it(`follows from what ${name} answers`, () => {
      const { facts } = stateOf(fixture(name));
      const { technologies, changes } = capabilityContract(facts);
      const gives = TECHNOLOGIES.map((one) => `${technologies[one].given} ${technologies[one].guestsAtOnce}`);
      expect(gives).to.deep.equal(host.gives);
      expect({ firmware: facts.firmware, cgroup: facts.cgroup }).to.deep.equal({
        firmware: host.firmware,
        cgroup: host.cgroup,
      });
      expect(changes, changes.join('\n')).to.have.length(host.changes.length);
      for (const [index, change] of host.changes.entries()) expect(changes[index]).to.match(change);
    });
  }

  it('is the same truth by which the suites refuse what they demand', () => {
    for (const name of FIXTURES) {
      const { facts } = stateOf(fixture(name));
      const { technologies } = capabilityContract(facts);
      const refused = missingCapabilities(facts, TECHNOLOGIES).map(({ technology }) => technology);
      expect(refused, name).to.deep.equal(TECHNOLOGIES.filter((one) => technologies[one].given === 'no'));
    }
  });

  it('gives up SEV-ES beside SNP from firmware API 1.58 on, and not without SNP', () => {
    const es = (dmesg: string, snp: string) => {
      const answers = { ...fixture('milan-6.11'), dmesg, '/sys/module/kvm_amd/parameters/sev_snp': snp };
      return stateOf(answers).facts.support['sev-es'].given;
    };
    const log = (version: string) => `[ 7.1] ccp 0000:22:00.1: SEV-SNP API:${version} build:1`;
    expect(['1.51', '1.57', '1.58', '1.60', '2.0'].map((version) => es(log(version), 'Y'))).to.deep.equal([
      'yes',
      'yes',
      'no',
      'no',
      'no',
    ]);
    expect(es(log('1.58'), 'N')).to.equal('yes');
    expect(es('[ 1.0] ccp 0000:22:00.1: psp enabled', 'Y')).to.equal('unknown');
  });
});

describe('ASIDs of a host', () => {
  const asids = (changes: Readonly<Record<string, string>>) => stateOf({ ...fixture('milan-6.11'), ...changes }).asids;

  it('are counted by the misc controller of either version, by CPUID of either program, and by the log', () => {
    const { sources } = asids({
      '/sys/fs/cgroup/misc.capacity': 'mark absent',
      '/sys/fs/cgroup/misc/misc.capacity': 'sev 410\nsev_es 99',
      cpuid: '0x80000000  80000023 68747541 444d4163 69746e65\n0x8000001f  0000403f 00004173 000001fd 00000064',
    });
    expect(sources).to.deep.equal([
      { name: 'misc.capacity', from: '/sys/fs/cgroup/misc/misc.capacity', sev: 410, es: 99 },
      { name: 'CPUID', from: 'CPUID leaf 0x8000001F', sev: 410, es: 99 },
      { name: 'dmesg', from: 'dmesg', sev: 410, es: 99 },
    ]);
  });

  it('are shared again where ciphertext hiding was asked for and not granted', () => {
    const turin = fixture('turin-6.18-hiding');
    const dmesg = (turin.dmesg ?? '').replace(/.*ciphertext hiding enabled\n/, '').replace('61 - 99', '1 - 99');
    const { facts } = stateOf({ ...turin, dmesg: dmesg.replace('1 - 60', '1 - 99') });
    expect([facts.hidingAsids, facts.support['sev-es'].slots]).to.deep.equal([undefined, 99]);
  });

  it('in use are those of all groups below the root where the root does not tell', () => {
    const { current } = stateOf(fixture('milan-6.1')).asids;
    expect(current).to.deep.include({ state: 'read', value: { sev: 3, sevEs: 1 } });
  });
});
