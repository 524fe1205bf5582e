import { expect } from 'chai';
import { describe, it } from 'mocha';
import { explain, KNOWN_TEXTS, type Told } from '../../harness/explain/explain.ts';
import type { Place } from '../../harness/explain/known-text.ts';
import { SAMPLES, type Sample } from './samples.ts';

/** What stands around a line in the file in which it is found. */
const SURROUNDINGS: Readonly<Partial<Record<Place, (line: string) => string>>> = {
  'qemu-log': (line) =>
    [
      '2026-11-24 10:00:01.123+0000: starting up libvirt version: 11.10.0, qemu version: 10.1.0, kernel: 6.11.0, hostname: sev-1',
      '-object {"qom-type":"sev-guest","id":"lsec0","cbitpos":51,"reduced-phys-bits":1,"policy":5} \\',
      `2026-11-24T10:00:02.5Z ${line}`,
      '2026-11-24T10:00:02.6Z qemu-kvm: -accel kvm: sev_common_kvm_init: failed to create encryption context',
      '2026-11-24T10:00:02.7Z qemu-kvm: -accel kvm: failed to initialize kvm: Operation not permitted',
      '2026-11-24 10:00:02.900+0000: shutting down, reason=failed',
    ].join('\n'),
  'host-dmesg': (line) =>
    [
      '[    9.138296] ccp 0000:46:00.1: sev enabled',
      `[   14.697860] ${line}`,
      '[   14.705533] kvm_amd: SEV-ES enabled (ASIDs 1 - 99)',
    ].join('\n'),
  events: (line) => `2026-11-24T10:00:02Z Warning Failed pod/virt-launcher-sev-x2 (kubelet): ${line}`,
  'control-plane-log': (line) =>
    `{"component":"virt-handler","level":"error","msg":${JSON.stringify(line)},"pos":"vm.go:812"}`,
};

const told = ({ place, text }: Sample, n: number): Told => {
  const wrap = SURROUNDINGS[place] ?? ((line: string) => line);
  return { place, from: 'f', text: wrap(text(n)) };
};
const idsOf = (one: Told) => explain([one]).map(({ id }) => id);

describe('the classifier', () => {
  it('knows every text that a sample shows, and no sample is missing', () => {
    const ids = KNOWN_TEXTS.map(({ id }) => id);
    expect(new Set(ids)).to.have.property('size', ids.length);
    expect([...new Set(SAMPLES.map(({ id }) => id))].sort()).to.deep.equal([...ids].sort());
    expect(ids.length).to.be.at.least(40);
  });

  for (const sample of SAMPLES) {
    it(`knows ${sample.id} by one entry, whatever its numbers and whoever quotes it`, () => {
      for (const n of [1, 47, 9001]) {
        expect(idsOf(told(sample, n)), sample.text(n)).to.deep.equal([sample.id]);
        const message = `guest "sev-${n}": not Running within 360000 ms; last saw SyncFailed: ${sample.text(n)}`;
        // A prompt of the guest counts only at the beginning of a line.
        const quoted = sample.id === 'login-refused' ? [] : [sample.id];
        expect(idsOf({ place: 'message', from: 'message', text: message }), message).to.deep.equal(quoted);
      }
    });
  }

  it('knows every code of the firmware by one entry, in decimal and in hex', () => {
    for (let code = 0; code <= 0x45; code += 1) {
      for (const command of ['LAUNCH_UPDATE_VMSA', 'SNP_LAUNCH_FINISH']) {
        const text = `qemu-kvm: ${command} ret=-5 fw_error=${code} 'words'`;
        expect(idsOf({ place: 'qemu-log', from: 'f', text }), text).to.have.length(1);
      }
    }
    const ofCode = (spelled: string) =>
      idsOf({ place: 'message', from: 'f', text: `LAUNCH_MEASURE fw_error=${spelled}` });
    for (const code of [1, 7, 23, 24, 26]) expect(ofCode(`0x${code.toString(16)}`)).to.deep.equal(ofCode(String(code)));
  });

  it('looks for each text only where it means something', () => {
    const panic = 'Kernel panic - not syncing: Fatal exception';
    expect(idsOf({ place: 'host-dmesg', from: 'f', text: panic })).to.deep.equal([]);
    expect(idsOf({ place: 'guest-serial', from: 'f', text: panic })).to.deep.equal(['guest-panic']);
  });

  it('reads the escaped quotes of a log in JSON', () => {
    const msg = 'failed calling webhook "x.kubevirt.io": failed to call webhook: context deadline exceeded';
    const text = JSON.stringify({ level: 'error', msg });
    expect(idsOf({ place: 'api', from: 'f', text })).to.deep.equal(['webhook-timeout']);
  });

  it('tells cause, action, source and the line, once for each text however often it comes', () => {
    const line = "qemu-kvm: sev_launch_start: LAUNCH_START ret=-5 fw_error=21 'Feature not supported'";
    const [cause, ...others] = explain([
      { place: 'message', from: 'message', text: `guest failed: ${line}` },
      { place: 'qemu-log', from: 'bundles/a/qemu.log', text: `${line}\n${line}\n` },
    ]);
    expect(others).to.deep.equal([]);
    expect(cause).to.include({ id: 'sev-es-refused-on-snp-host', from: 'message', line: `guest failed: ${line}` });
    expect(cause?.cause).to.match(/1\.58/);
    expect(cause?.source).to.match(/kubevirt#17118/);
  });

  it('shows of a long line the part that matters', () => {
    const text = `${'x'.repeat(1500)} fw_error=24 ${'y'.repeat(1500)}`;
    const [cause] = explain([{ place: 'qemu-log', from: 'f', text }]);
    expect(cause?.line)
      .to.match(/fw_error=24/)
      .and.to.have.length.below(260);
  });

  it('is done with a hostile log in no time', () => {
    const text = [`"/v2/ failed calling webhook "${'a" '.repeat(4000)}`, 'Get "https://'.repeat(3000)].join('\n');
    const startedAt = process.cpuUsage().user;
    explain([{ place: 'message', from: 'f', text }]);
    expect((process.cpuUsage().user - startedAt) / 1000).to.be.below(2000);
  });

  it('gives every entry a cause, one action and a source that a stranger can look up', () => {
    for (const { id, cause, action, source, pattern, places } of KNOWN_TEXTS) {
      expect(pattern.flags, id).to.not.match(/[gy]/);
      expect(places, id).to.not.be.empty;
      for (const words of [cause, action, source])
        expect(words, id)
          .to.match(/\S.*\S/)
          .and.to.not.match(/\.$/);
    }
  });
});
