import { expect } from 'chai';
import { describe, it } from 'mocha';
import { kernelFeatures } from '../../harness/kubevirt/kernel-log.ts';

const features = (...lines: string[]) =>
  kernelFeatures(['[    0.000000] Linux version 6.5.6', ...lines].join('\r\n')).features;

describe('a guest kernel log', () => {
  it('names each feature of an SNP guest in the words of kernels since 5.19', () => {
    expect(features('[    1.234567] Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP')).to.deep.equal([
      'SEV',
      'SEV-ES',
      'SEV-SNP',
    ]);
  });

  it('is understood in the words of kernels 5.10 to 5.18', () => {
    expect(features('[    1.2] AMD Memory Encryption Features active: SEV SEV-ES')).to.deep.equal(['SEV', 'SEV-ES']);
  });

  it('is understood in the words of kernels before 5.10', () => {
    expect(features('[    1.2] AMD Secure Encrypted Virtualization (SEV) active')).to.deep.equal(['SEV']);
  });

  it('of a plain guest names nothing', () => {
    expect(kernelFeatures('[    0.0] Linux version 6.5.6\n[    0.1] smpboot: CPU0')).to.deep.equal({ features: [] });
  });

  it('does not let an SEV-ES guest pass as plain SEV', () => {
    expect(features('Memory Encryption Features active: AMD SEV SEV-ES')).not.to.deep.equal(['SEV']);
  });

  it('does not take a host that encrypts its own memory for an SEV guest', () => {
    expect(features('Memory Encryption Features active: AMD SME')).to.deep.equal(['SME']);
  });

  it('keeps every claim when lines disagree, so that an extra one is never missed', () => {
    expect(
      features(
        '[1.0] Memory Encryption Features active: AMD SEV',
        '[2.0] Memory Encryption Features active: AMD SEV SEV-SNP',
      ),
    ).to.have.members(['SEV', 'SEV-SNP']);
  });

  it('is not fooled by a line that only quotes the words', () => {
    expect(features('[1.0] audit: cmd="grep Memory Encryption Features active: AMD SEV"')).to.deep.equal([]);
    expect(features('bash: Memory Encryption Features active: AMD SEV')).to.deep.equal([]);
  });

  it('tells the line that it was read from', () => {
    expect(kernelFeatures('[    1.2] Memory Encryption Features active: AMD SEV').line).to.equal(
      '[    1.2] Memory Encryption Features active: AMD SEV',
    );
  });
});
