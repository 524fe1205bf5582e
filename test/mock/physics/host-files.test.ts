import { expect } from 'chai';
import type { RunningGuests } from '../../../providers/mock/physics/asids.ts';
import { hostFiles } from '../../../providers/mock/physics/files.ts';
import type { HostProfile } from '../../../providers/mock/physics/host.ts';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';

const { milan, rome, 'rome-es': romeEs } = HOST_PROFILES;

describe('files of a simulated host', () => {
  it('show a Milan with all three technologies, in the words of a boolean kernel', () => {
    expect(text(milan, '/sys/module/kvm_amd/parameters/sev')).to.equal('Y\n');
    expect(text(milan, '/sys/module/kvm_amd/parameters/sev_es')).to.equal('Y\n');
    expect(text(milan, '/sys/module/kvm_amd/parameters/sev_snp')).to.equal('Y\n');
    expect(text(milan, '/sys/fs/cgroup/misc.capacity')).to.equal('sev 410\nsev_es 99\n');
  });

  it('show a Rome with 1 and 0, without SNP and without a misc controller', () => {
    expect(text(romeEs, '/sys/module/kvm_amd/parameters/sev')).to.equal('1\n');
    expect(text(romeEs, '/sys/module/kvm_amd/parameters/sev_es')).to.equal('1\n');
    expect(hostFiles(romeEs).has('/sys/module/kvm_amd/parameters/sev_snp')).to.equal(false);
    expect(hostFiles(romeEs).has('/sys/fs/cgroup/misc.capacity')).to.equal(false);
  });

  it('deny SEV-ES where every ASID is for plain SEV, although the processor flag stays', () => {
    expect(text(rome, '/sys/module/kvm_amd/parameters/sev_es')).to.equal('0\n');
    expect(text(rome, '/proc/cpuinfo')).to.match(/^flags.* sev_es /m);
  });

  it('list every processor once, the flags of the profile among the common ones', () => {
    const cpuinfo = text(milan, '/proc/cpuinfo');
    expect(cpuinfo.match(/^processor\t: /gm)).to.have.lengthOf(96);
    expect(new Set(cpuinfo.match(/^apicid.*$/gm)).size).to.equal(96);
    const flags = /^flags\t\t: (.*)$/m.exec(cpuinfo)?.[1]?.split(' ') ?? [];
    expect(flags).to.include.members(['svm', 'sev', 'sev_es', 'sev_snp', 'debug_swap']);
    expect(new Set(flags).size).to.equal(flags.length);
    expect(text(rome, '/proc/cpuinfo').match(/^processor\t: /gm)).to.have.lengthOf(256);
  });

  it('count running guests against the pool that they draw from', () => {
    expect(text(milan, '/sys/fs/cgroup/misc.current', { sev: 2, es: 3 })).to.equal('sev 2\nsev_es 3\n');
  });

  it('turn everything off together when the BIOS has memory encryption off', () => {
    const dark: HostProfile = { ...milan, sev: false, cpu: { ...milan.cpu, flags: [] } };
    expect(text(dark, '/sys/module/kvm_amd/parameters/sev')).to.equal('N\n');
    expect(text(dark, '/sys/module/kvm_amd/parameters/sev_snp')).to.equal('N\n');
    expect(hostFiles(dark).has('/dev/sev')).to.equal(false);
    expect(text(dark, '/sys/fs/cgroup/misc.capacity')).to.equal('');
  });

  it('reserve memory for the RMP table only where SNP is on', () => {
    const total = (profile: HostProfile) => Number(/^MemTotal: +(\d+)/m.exec(text(profile, '/proc/meminfo'))?.[1]);
    expect(total({ ...milan, sevSnp: false }) - total(milan)).to.equal(4_194_320);
  });
});

function text(profile: HostProfile, path: string, running?: RunningGuests): string {
  const file = hostFiles(profile, running).get(path);
  if (file?.kind !== 'text') throw new Error(`${path} is no text file on ${profile.name}`);
  return file.content;
}
