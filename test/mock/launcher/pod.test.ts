import { expect } from 'chai';
import { effectiveConfig } from '../../../providers/mock/kubevirt/config.ts';
import { launcherCluster } from '../../../providers/mock/kubevirt/launcher/cluster.ts';
import { launcherPod } from '../../../providers/mock/kubevirt/launcher/pod.ts';
import type { Vmi } from '../../../providers/mock/kubevirt/model/vmi.ts';
import { guestVmi, release, withDomain } from './guests.ts';

const SEV = { sev: {} };
const ES = { sev: { policy: { encryptedState: true } } };
const SNP = { snp: {} };

describe('launcher pod', () => {
  it('asks for the node labels and the device of its kind of encryption', () => {
    const labels = (vmi: Vmi) => Object.keys(spec(vmi).nodeSelector).filter((key) => key.startsWith('kubevirt.io/sev'));
    expect(labels(guestVmi())).to.deep.equal([]);
    expect(labels(guestVmi(SEV))).to.deep.equal(['kubevirt.io/sev']);
    expect(labels(guestVmi(ES))).to.deep.equal(['kubevirt.io/sev', 'kubevirt.io/sev-es']);
    expect(labels(guestVmi(SNP))).to.deep.equal(['kubevirt.io/sev', 'kubevirt.io/sev-snp']);
    expect(compute(guestVmi(SNP)).resources.limits['devices.kubevirt.io/sev']).to.equal('1');
    expect(compute(guestVmi()).resources.limits).not.to.have.property('devices.kubevirt.io/sev');
  });

  it('requests 256Mi more for an encrypted guest than for a plain one', () => {
    expect(compute(guestVmi()).resources.requests.memory).to.equal('1260Mi');
    expect(compute(guestVmi(SEV)).resources.requests.memory).to.equal('1516Mi');
    expect(compute(guestVmi(SNP)).resources.requests.memory).to.equal('1516Mi');
  });

  it('does not know SNP before v1.7', () => {
    expect(compute(guestVmi(SNP), 'v1.6.6').resources.requests.memory).to.equal('1260Mi');
    expect(spec(guestVmi(SNP), 'v1.6.6').nodeSelector).not.to.have.property('kubevirt.io/sev-snp');
  });

  it('asks v1.5.0 nodes for a label value that their labeller never writes', () => {
    expect(spec(guestVmi(SEV), 'v1.5.0').nodeSelector['kubevirt.io/sev']).to.equal('true');
    expect(spec(guestVmi(SEV), 'v1.4.1').nodeSelector['kubevirt.io/sev']).to.equal('');
  });

  it('mounts container disks as images where the gate is on, else through containers of their own', () => {
    const images = spec(guestVmi(), 'v1.9.0').volumes.filter((volume) => volume.image !== undefined);
    expect(images.map(({ name }) => name)).to.deep.equal(['root', 'launcher-volume']);
    expect(spec(guestVmi(), 'v1.7.4').containers.map(({ name }) => name)).to.deep.equal(['compute', 'volumeroot']);
  });

  it('gives dedicated CPUs equal requests and limits, and 100Mi more', () => {
    const pinned = compute(
      withDomain(guestVmi(), { cpu: { cores: 2, sockets: 1, threads: 1, dedicatedCpuPlacement: true } }),
    );
    expect(pinned.resources.requests.cpu).to.equal('2');
    expect(pinned.resources.limits.memory).to.equal(pinned.resources.requests.memory);
    expect(pinned.resources.requests.memory).to.equal('1368Mi');
  });

  it('takes huge pages for the guest and leaves the overhead to ordinary memory', () => {
    const { resources } = compute(withDomain(guestVmi(), { memory: { guest: '2Gi', hugepages: { pageSize: '2Mi' } } }));
    expect(resources.requests['hugepages-2Mi']).to.equal('2Gi');
    expect(resources.requests.memory).to.equal('236Mi');
  });

  it('adds the label to reject to each alternative of the VMI’s own affinity', () => {
    const term = { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] };
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term, term] } };
    const vmi = guestVmi();
    const pod = spec({ ...vmi, spec: { ...vmi.spec, affinity: { nodeAffinity } } });
    const terms = pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
    expect(terms.map(({ matchExpressions }) => matchExpressions.length)).to.deep.equal([2, 2]);
  });
});

interface Spec {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly volumes: readonly { readonly name: string; readonly image?: unknown }[];
  readonly containers: readonly (Container & { readonly name: string })[];
  readonly affinity: {
    readonly nodeAffinity: {
      readonly requiredDuringSchedulingIgnoredDuringExecution: {
        readonly nodeSelectorTerms: readonly { readonly matchExpressions: readonly unknown[] }[];
      };
    };
  };
}

interface Container {
  readonly resources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
}

function spec(vmi: Vmi, version = 'v1.9.0'): Spec {
  return launcherPod(vmi, launcherCluster(effectiveConfig(release(version)))).spec as Spec;
}

function compute(vmi: Vmi, version = 'v1.9.0'): Container {
  const [first] = spec(vmi, version).containers;
  if (first === undefined) throw new Error('the pod has no container');
  return first;
}
