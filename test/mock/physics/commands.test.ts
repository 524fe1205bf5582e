import { expect } from 'chai';
import {
  dmesg,
  free,
  getconf,
  lscpu,
  uname,
  virshDomcapabilities,
  virshNodesevinfo,
} from '../../../providers/mock/physics/commands.ts';
import { launcherVirtualizer } from '../../../providers/mock/physics/dom-capabilities.ts';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';

const { milan, rome, 'rome-es': romeEs } = HOST_PROFILES;

describe('commands on a simulated host', () => {
  it('uname prints the parts in its own order and refuses unknown letters', () => {
    expect(uname(milan, 'r').stdout).to.equal('6.11.0-rc3-snp-host-85ef1ac03\n');
    expect(uname(milan).stdout).to.equal('Linux\n');
    expect(uname(rome, 'ms').stdout).to.equal('Linux x86_64\n');
    expect(uname(rome, 'z')).to.include({ exitCode: 1 });
  });

  it('dmesg words the ASIDs as the kernel generation does', () => {
    const lines = (profile: typeof milan) => dmesg(profile).stdout;
    expect(lines(milan)).to.match(/kvm_amd: SEV enabled \(ASIDs 100 - 509\)$/m);
    expect(lines(milan)).to.match(/kvm_amd: SEV-SNP enabled \(ASIDs 1 - 99\)$/m);
    expect(lines(milan)).to.match(/SEV-SNP: RMP table physical range \[0x[0-9a-f]{16} - 0x[0-9a-f]{16}\]$/m);
    expect(lines(milan)).to.match(/ccp .*: SEV API:1\.55 build:21$/m);
    expect(lines(romeEs)).to.match(/SVM: SEV supported: 410 ASIDs$/m);
    expect(lines(romeEs)).to.match(/SVM: SEV-ES supported: 99 ASIDs$/m);
    expect(lines(rome)).to.match(/SVM: SEV supported: 509 ASIDs$/m);
    expect(lines(rome)).not.to.match(/SEV-ES/);
  });

  it('dmesg says why SNP is off when the BIOS reserved no RMP table', () => {
    expect(dmesg({ ...milan, sevSnp: false }).stdout).to.match(
      /Memory for the RMP table has not been reserved by BIOS/,
    );
    expect(dmesg({ ...milan, sevSnp: false }).stdout).to.match(/SEV-SNP disabled \(ASIDs 1 - 99\)/);
  });

  it('domcapabilities name what libvirt may launch', () => {
    const newest = launcherVirtualizer('1.9');
    expect(virshDomcapabilities(milan, newest).stdout).to.match(/<value>sev-snp<\/value>/);
    expect(virshDomcapabilities(milan, newest).stdout).to.match(/<maxESGuests>99</);
    expect(virshDomcapabilities(rome, newest).stdout).to.match(/<maxGuests>509</);
    expect(virshDomcapabilities(rome, newest).stdout).to.match(/<maxESGuests>0</);
    expect(virshDomcapabilities(rome, newest).stdout).not.to.match(/sev-snp/);
    expect(virshDomcapabilities(milan, launcherVirtualizer('1.0')).stdout).not.to.match(/<launchSecurity/);
  });

  it('nodesevinfo gives four well-formed certificates, or libvirt’s refusal', () => {
    const { stdout } = virshNodesevinfo(milan);
    const value = (key: string) => Buffer.from(new RegExp(`^${key} +: (.*)$`, 'm').exec(stdout)?.[1] ?? '', 'base64');
    expect(value('pdh')).to.have.lengthOf(2084);
    expect(value('pdh').readUInt32LE(8)).to.equal(0x1003);
    expect(value('cert-chain')).to.have.lengthOf(3 * 2084);
    const refusal = virshNodesevinfo({ ...milan, sev: false });
    expect(refusal.exitCode).to.equal(1);
    expect(refusal.stderr).to.match(/does not support SEV guest/);
  });

  it('lscpu, free and getconf agree with the profile', () => {
    expect(lscpu(milan).stdout).to.match(/^CPU\(s\): +96$/m);
    expect(getconf(milan, '_NPROCESSORS_ONLN').stdout).to.equal('96\n');
    expect(getconf(milan, 'NOPE').exitCode).to.equal(1);
    expect(Number(/^Mem: +(\d+)/m.exec(free(milan, 1073741824).stdout)?.[1])).to.be.within(990, 1024);
  });
});
