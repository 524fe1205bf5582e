import { expect } from 'chai';
import { NO_GUESTS, type RunningGuests } from '../../../providers/mock/physics/asids.ts';
import { guestBoot, withGuest } from '../../../providers/mock/physics/guest.ts';
import { encryptionLine, fedoraTestImage, guestKernelLog } from '../../../providers/mock/physics/guest-log.ts';
import type { Encryption, HostProfile } from '../../../providers/mock/physics/host.ts';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';

const { milan, rome, 'rome-es': romeEs } = HOST_PROFILES;

describe('guest on a simulated host', () => {
  it('becomes what it asks for where the host can', () => {
    expect(launch(milan, 'sev-snp')).to.equal('sev-snp');
    expect(launch(romeEs, 'sev-es')).to.equal('sev-es');
    expect(launch(rome, 'sev')).to.equal('sev');
    expect(launch({ ...milan, sev: false }, 'none')).to.equal('none');
  });

  it('is refused with the words of libvirt or QEMU where the host cannot', () => {
    expect(launch(romeEs, 'sev-snp')).to.match(/unsupported configuration: SEV SNP launch security is not supported/);
    expect(launch(rome, 'sev-es')).to.match(/host SEV-ES support unavailable/);
    expect(launch({ ...milan, sev: false }, 'sev')).to.match(/SEV launch security is not supported/);
  });

  it('is refused by firmware from API 1.58 on when it asks for SEV-ES beside SNP', () => {
    const { genoa, turin } = HOST_PROFILES;
    expect(launch(genoa, 'sev-es')).to.match(/LAUNCH_START ret=-5 fw_error=21/);
    expect(launch(genoa, 'sev-snp')).to.equal('sev-snp');
    expect(launch({ ...genoa, sevSnp: false }, 'sev-es')).to.equal('sev-es');
    expect(launch(turin, 'sev-es')).to.equal('sev-es');
  });

  it('finds no ASID when its pool is used up, while the other pool still has some', () => {
    const full: RunningGuests = { sev: 0, es: 99 };
    expect(launch(milan, 'sev-snp', full)).to.match(/ret=-16/);
    expect(launch(milan, 'sev-es', full)).to.match(/ret=-16/);
    expect(launch(milan, 'sev', full)).to.equal('sev');
    expect(launch(milan, 'sev-snp', withGuest(full, 'sev-es', -1))).to.equal('sev-snp');
  });
});

describe('kernel log of a guest', () => {
  it('spells the features as its kernel generation does', () => {
    expect(encryptionLine('sev-snp', '6.5.6-300.fc39.x86_64')).to.equal(
      'Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP',
    );
    expect(encryptionLine('sev', '5.19.0')).to.equal('Memory Encryption Features active: AMD SEV');
    expect(encryptionLine('sev-es', '5.14.10-300.fc35.x86_64')).to.equal(
      'AMD Memory Encryption Features active: SEV SEV-ES',
    );
    expect(encryptionLine('sev', '5.9.0')).to.equal('AMD Secure Encrypted Virtualization (SEV) active');
    expect(encryptionLine('none', '6.5.6')).to.equal(undefined);
  });

  it('has exactly one such line, in time order, and nothing of SEV in a plain guest', () => {
    for (const encryption of ['sev', 'sev-es', 'sev-snp'] as const) {
      const lines = log(encryption);
      expect(lines.filter((line) => line.includes('Memory Encryption Features active'))).to.have.lengthOf(1);
      const times = lines.map((line) => Number(/^\[ *([\d.]+)\]/.exec(line)?.[1]));
      expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
    }
    expect(log('none').join('\n')).not.to.match(/SEV|sev|Encryption/);
  });

  it('comes from the test image of the release', () => {
    expect(fedoraTestImage('1.9').prettyName).to.equal('Fedora Linux 39 (Cloud Edition)');
    expect(fedoraTestImage('1.6').kernel).to.match(/^5\./);
  });
});

function launch(profile: HostProfile, asked: Encryption, running: RunningGuests = NO_GUESTS): string {
  const boot = guestBoot(profile, asked, running);
  return 'refused' in boot ? boot.error : boot.really;
}

function log(encryption: Encryption): readonly string[] {
  return guestKernelLog({
    kernel: fedoraTestImage('1.9').kernel,
    encryption,
    vcpus: 1,
    memoryKiB: 1_048_576,
    cpuModelName: 'AMD EPYC-Milan Processor',
    cpuFamily: 25,
    cpuModel: 1,
    machine: 'pc-q35-rhel9.8.0',
  });
}
