import { expect } from 'chai';
import { describe, it } from 'mocha';
import { guestRuns } from '../../harness/kubevirt/guest-state.ts';
import { launcherAsk } from '../../harness/kubevirt/launcher.ts';
import type { Condition, KubevirtResource, Node, Pod, Vmi } from '../../harness/kubevirt/objects.ts';
import { countOf, parseQuantity } from '../../harness/kubevirt/quantity.ts';
import { isSettled, nodeReady } from '../../harness/kubevirt/ready.ts';

type Status = KubevirtResource['status'];

const settled: readonly Condition[] = [
  { type: 'Available', status: 'True' },
  { type: 'Progressing', status: 'False' },
  { type: 'Degraded', status: 'False' },
];

function resource(status: Status = {}): KubevirtResource {
  const whole = {
    phase: 'Deployed',
    observedGeneration: 2,
    observedKubeVirtVersion: 'v1.9.0',
    targetKubeVirtVersion: 'v1.9.0',
    conditions: settled,
    ...status,
  };
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata: { name: 'kubevirt', namespace: 'kubevirt', generation: 2 },
    spec: {},
    status: whole,
  };
}

function pod(name: string, status: Pod['status'] = {}): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'kubevirt' }, spec: { containers: [] }, status };
}

describe('an installed KubeVirt', () => {
  it('is settled when it is deployed, current and nothing is under way', () => {
    expect(isSettled(resource())).to.equal(true);
  });

  it('is not settled while an update degrades it beside Available', () => {
    const updating = resource({
      conditions: [
        { type: 'Available', status: 'True' },
        { type: 'Progressing', status: 'True', reason: 'UpdateInProgress' },
        { type: 'Degraded', status: 'True', reason: 'UpdateInProgress' },
      ],
    });
    expect(isSettled(updating)).to.equal(false);
  });

  it('is not settled while its status is of an older generation or version', () => {
    expect(isSettled(resource({ observedGeneration: 1 }))).to.equal(false);
    expect(isSettled(resource({ observedKubeVirtVersion: 'v1.8.4' }))).to.equal(false);
  });
});

describe('a node', () => {
  const node = (labels: Record<string, string>, kvm?: string): Node => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'amd1', labels },
    status: { allocatable: kvm === undefined ? {} : { 'devices.kubevirt.io/kvm': kvm } },
  });
  const labels = { 'kubevirt.io/schedulable': 'true', 'cpu-model.node.kubevirt.io/EPYC-Milan': 'true' };

  it('is ready with labels and the kvm device', () => {
    expect(nodeReady(node(labels, '0'), 'amd1').done).to.equal(false);
    expect(nodeReady(node(labels, '1k'), 'amd1').done).to.equal(true);
    expect(nodeReady(node(labels, '1000'), 'amd1').done).to.equal(true);
  });

  it('is told by what it lacks', () => {
    expect(nodeReady(node({ 'kubevirt.io/schedulable': 'false' }), 'amd1')).to.deep.equal({
      done: false,
      saw: 'kubevirt.io/schedulable=false, no label of the node labeller, devices.kubevirt.io/kvm not allocatable',
    });
    expect(nodeReady(undefined, 'amd1')).to.deep.equal({ done: false, saw: 'no node amd1' });
  });
});

describe('a guest that starts', () => {
  const vmi = (status: Vmi['status']): Vmi => ({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name: 'sev', uid: 'u' },
    spec: { domain: {} },
    ...(status === undefined ? {} : { status }),
  });

  it('runs in phase Running', () => {
    expect(guestRuns('SEV guest', vmi({ phase: 'Running' }), undefined)).to.include({ done: true });
  });

  it('is told by its phase and what holds it', () => {
    const stuck = vmi({
      phase: 'Scheduling',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        },
      ],
    });
    expect(guestRuns('SEV guest', stuck, undefined)).to.deep.equal({
      done: false,
      saw: `phase=Scheduling, PodScheduled=False Unschedulable "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."`,
    });
  });

  it('that ended instead is a product failure at once', () => {
    const failed = vmi({
      phase: 'Failed',
      conditions: [{ type: 'Synchronized', status: 'False', message: 'SEV-SNP is not supported' }],
    });
    expect(() => guestRuns('SEV-SNP guest', failed, undefined))
      .to.throw('SEV-SNP guest: ended before it ran; phase=Failed, Synchronized=False "SEV-SNP is not supported"')
      .with.property('blame', 'product');
  });

  it('whose image cannot be pulled blames the infrastructure', () => {
    const launcher = pod('virt-launcher-sev-x', {
      initContainerStatuses: [
        { name: 'volumeroot', image: 'registry/guest:1', state: { waiting: { reason: 'ImagePullBackOff' } } },
      ],
    });
    expect(() => guestRuns('SEV guest', vmi({ phase: 'Scheduling' }), launcher))
      .to.throw('cannot pull an image: container volumeroot (registry/guest:1): ImagePullBackOff')
      .with.property('blame', 'infra');
  });
});

describe('a launcher pod', () => {
  it('is read for selectors, devices and memory of its compute container', () => {
    const launcher: Pod = {
      ...pod('l'),
      spec: {
        nodeSelector: { 'kubevirt.io/sev': 'true' },
        containers: [
          {
            name: 'compute',
            resources: { requests: { memory: '1516Mi' }, limits: { 'devices.kubevirt.io/sev': '1' } },
          },
        ],
      },
    };
    expect(launcherAsk(launcher)).to.deep.include({
      nodeSelector: { 'kubevirt.io/sev': 'true' },
      memoryBytes: 1516 * 2 ** 20,
    });
    expect(() => launcherAsk(pod('l'))).to.throw('pod l has no container compute');
  });

  it('asks for devices in any spelling of their number', () => {
    expect([
      countOf({ d: '1k' }, 'd'),
      countOf({ d: '1' }, 'd'),
      countOf({}, 'd'),
      countOf(undefined, 'd'),
    ]).to.deep.equal([1000, 1, 0, 0]);
  });

  it('has its quantities read as Kubernetes means them', () => {
    expect(['1Gi', '500M', '100m', '1.5Ki', '2e3', '7'].map(parseQuantity)).to.deep.equal([
      2 ** 30,
      5e8,
      0.1,
      1536,
      2000,
      7,
    ]);
    expect(['', 'Gi', '1 Gi', '1Zi', '--1'].map(parseQuantity)).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
