import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  gatesToList,
  type KubevirtVersion,
  nodeLabelValue,
  parseKubevirtVersion,
  technologiesOf,
} from '../../harness/kubevirt/versions.ts';

function version(text: string): KubevirtVersion {
  const parsed = parseKubevirtVersion(text);
  if (parsed === undefined) throw new Error(`${text} is no version`);
  return parsed;
}

describe('a KubeVirt version', () => {
  it('is read with and without the v, and with a pre-release', () => {
    expect(version('1.9.0').text).to.equal('v1.9.0');
    expect(version('v1.10.0-rc.1')).to.include({ major: 1, minor: 10, patch: 0 });
    for (const wrong of ['', 'latest', 'v1.9', 'v1.9.0.1', 'v1.9.x'])
      expect(parseKubevirtVersion(wrong), wrong).to.equal(undefined);
  });

  it('has SEV-SNP from v1.7 and SEV-ES from v1.0', () => {
    expect(technologiesOf(version('v1.6.6'))).to.deep.equal(['sev', 'sev-es']);
    expect(technologiesOf(version('v1.7.0'))).to.deep.equal(['sev', 'sev-es', 'sev-snp']);
    expect(technologiesOf(version('v0.59.2'))).to.deep.equal(['sev']);
    expect(technologiesOf(version('v1.10.0'))).to.include('sev-snp');
  });

  it('labels nodes with "true" from v1.5.3', () => {
    expect(nodeLabelValue(version('v1.5.2'))).to.equal('');
    expect(nodeLabelValue(version('v1.5.3'))).to.equal('true');
    expect(nodeLabelValue(version('v2.0.0'))).to.equal('true');
  });

  it('needs the gate listed until v1.8 and not from v1.9', () => {
    expect(gatesToList(version('v1.8.4'))).to.deep.equal(['WorkloadEncryptionSEV']);
    expect(gatesToList(version('v1.9.0'))).to.deep.equal([]);
  });
});
