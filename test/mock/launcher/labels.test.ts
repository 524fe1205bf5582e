import { expect } from 'chai';
import { nodeLabels, relabelled } from '../../../providers/mock/kubevirt/labels.ts';
import {
  capabilities,
  domCapabilities,
  launcherVirtualizer,
  supportedFeatures,
} from '../../../providers/mock/physics/dom-capabilities.ts';
import type { HostProfile } from '../../../providers/mock/physics/host.ts';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';
import { release } from './guests.ts';

const { milan, rome, 'rome-es': romeEs } = HOST_PROFILES;

describe('node labeller', () => {
  it('tells the three simulated hosts apart', () => {
    expect(encryption(milan)).to.deep.equal(['kubevirt.io/sev', 'kubevirt.io/sev-es', 'kubevirt.io/sev-snp']);
    expect(encryption(romeEs)).to.deep.equal(['kubevirt.io/sev', 'kubevirt.io/sev-es']);
    expect(encryption(rome)).to.deep.equal(['kubevirt.io/sev']);
    expect(encryption({ ...milan, sevSnp: false })).to.deep.equal(['kubevirt.io/sev', 'kubevirt.io/sev-es']);
    expect(encryption({ ...milan, sev: false })).to.deep.equal([]);
  });

  it('knows no SNP before v1.7 and writes an empty value before v1.5.3', () => {
    expect(encryption(milan, 'v1.6.6')).to.deep.equal(['kubevirt.io/sev', 'kubevirt.io/sev-es']);
    expect(labels(milan, 'v1.5.2')['kubevirt.io/sev']).to.equal('');
    expect(labels(milan, 'v1.5.3')['kubevirt.io/sev']).to.equal('true');
  });

  it('offers the models of the host and older ones, and names the host model', () => {
    expect(labels(milan)).to.include.keys(
      'cpu-model.node.kubevirt.io/EPYC-v4',
      'host-model-cpu.node.kubevirt.io/EPYC-Milan',
    );
    expect(labels(rome)).to.include.keys('cpu-model.node.kubevirt.io/EPYC-Rome', 'machine-type.node.kubevirt.io/q35');
    expect(labels(rome)).not.to.include.keys('cpu-model.node.kubevirt.io/EPYC-Milan');
    expect(labels(milan)).not.to.include.keys('cpu-model.node.kubevirt.io/qemu64');
  });

  it('takes its stale labels away and leaves others alone', () => {
    const before = { 'kubevirt.io/sev-snp': 'true', 'kubevirt.io/schedulable': 'true', mine: 'x' };
    const after = relabelled(before, labels(rome), release('v1.9.0'));
    expect(after).not.to.have.property('kubevirt.io/sev-snp');
    expect(after).to.include({ 'kubevirt.io/sev': 'true', 'kubevirt.io/schedulable': 'true', mine: 'x' });
  });
});

function labels(profile: HostProfile, text = 'v1.9.0'): Record<string, string> {
  const version = release(text);
  const virtualizer = launcherVirtualizer(`${version.major}.${version.minor}`);
  const sources = {
    domCapabilities: domCapabilities(profile, virtualizer),
    supportedFeatures: supportedFeatures(profile),
    capabilities: capabilities(profile, virtualizer),
  };
  return nodeLabels(sources, { version });
}

function encryption(profile: HostProfile, version?: string): string[] {
  return Object.keys(labels(profile, version)).filter((name) => name.startsWith('kubevirt.io/sev'));
}
