import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ContainerStatus, KubevirtResource, Pod } from '../../harness/kubevirt/objects.ts';
import { type Cause, causeError } from '../../harness/kubevirt/readiness/cause.ts';
import { causesOf } from '../../harness/kubevirt/readiness/causes.ts';
import { tellingLine } from '../../harness/kubevirt/readiness/last-words.ts';
import { missingText } from '../../harness/kubevirt/readiness/missing.ts';
import { Patience } from '../../harness/kubevirt/readiness/patience.ts';
import {
  type ClusterEvent,
  type ComponentState,
  type Conditioned,
  NOTHING_THERE,
  type Workload,
} from '../../harness/kubevirt/readiness/state.ts';
import { newestWarnings, warningText } from '../../harness/kubevirt/readiness/warnings.ts';

type Status = NonNullable<Pod['status']>;

/** A pod of a Deployment, or of the DaemonSet virt-handler. */
function pod(name: string, status: Status = {}, owner: 'ReplicaSet' | 'DaemonSet' = 'ReplicaSet'): Pod {
  const ownerName = name.replace(/-[^-]+$/, '');
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: owner, name: ownerName, uid: 'o', controller: true }];
  const metadata = { name, namespace: 'kubevirt', ownerReferences };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] }, status };
}

const API = 'virt-api-5d9f8-abcde';

function waiting(reason: string, more: Partial<ContainerStatus> & { readonly message?: string } = {}): Status {
  const { message, ...status } = more;
  const state = { waiting: { reason, ...(message === undefined ? {} : { message }) } };
  return { containerStatuses: [{ name: 'virt-api', image: 'quay.io/kubevirt/virt-api:v1.9.0', state, ...status }] };
}

function workload(kind: string, name: string, status: Workload['status'] = {}): Workload {
  const metadata = { name, namespace: 'kubevirt', generation: 1 };
  return { apiVersion: 'apps/v1', kind, metadata, spec: { replicas: 2 }, status: { observedGeneration: 1, ...status } };
}

let events = 0;
function event(about: string, reason: string, message: string, more: Partial<ClusterEvent> = {}): ClusterEvent {
  const [kind = '', name = ''] = about.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `e${++events}` },
    ...{ type: 'Warning', reason, message, count: 1, involvedObject: { kind, name } },
    lastTimestamp: `2026-01-01T00:00:${String(events % 60).padStart(2, '0')}Z`,
    ...more,
  };
}

function deploying(status: KubevirtResource['status'] = {}): KubevirtResource {
  const metadata = { name: 'kubevirt', namespace: 'kubevirt', generation: 1 };
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata,
    spec: {},
    status: { phase: 'Deploying', ...status },
  };
}

const causes = (state: Partial<ComponentState>, resource?: KubevirtResource): readonly Cause[] =>
  causesOf({ ...NOTHING_THERE, ...state }, resource);

describe('what keeps KubeVirt from getting ready', () => {
  it('is nothing while components just start', () => {
    const starting = pod(API, waiting('ContainerCreating'));
    expect(causes({ pods: [starting], deployments: [workload('Deployment', 'virt-api')] }, deploying())).to.deep.equal(
      [],
    );
  });

  it('is an image that the registry has not: nobody waits for that, and it is infra', () => {
    const message = 'reading manifest v1.9.0 in quay.io/kubevirt/virt-api: manifest unknown';
    const [cause] = causes({ pods: [pod(API, waiting('ErrImagePull', { message }))] });
    expect(cause).to.include({ blame: 'infra', patienceMs: 0 });
    expect(cause?.message).to.equal(
      `deployment virt-api: pod kubevirt/${API}, container virt-api: the node cannot pull quay.io/kubevirt/virt-api:v1.9.0: ErrImagePull ${JSON.stringify(message)}`,
    );
    expect(cause?.hint).to.equal('check the registry, the tag and the pull secret of that image from the node');
  });

  it('is a registry that cannot be reached, which may heal', () => {
    const message = 'dial tcp 10.1.2.3:443: connect: connection refused';
    for (const reason of ['ErrImagePull', 'ImagePullBackOff'])
      expect(causes({ pods: [pod(API, waiting(reason, { message }))] })[0]).to.include({
        key: 'image deployment virt-api virt-api',
        patienceMs: 30_000,
        blame: 'infra',
      });
  });

  it('is the image of an init container too', () => {
    const handler = pod('virt-handler-abcde', {}, 'DaemonSet');
    const status = { initContainerStatuses: waiting('InvalidImageName').containerStatuses ?? [] };
    expect(causes({ pods: [{ ...handler, status }] })[0]).to.include({ patienceMs: 0, blame: 'infra' });
  });

  it('is a component that keeps crashing, after a few tries, and blames the product', () => {
    const lastState = { terminated: { reason: 'OOMKilled', exitCode: 137 } };
    const crashing = (restartCount: number) => pod(API, waiting('CrashLoopBackOff', { restartCount, lastState }));
    expect(causes({ pods: [crashing(2)] })).to.deep.equal([]);
    const [cause] = causes({ pods: [crashing(3)] });
    expect(cause).to.deep.include({
      blame: 'product',
      patienceMs: 0,
      message: `deployment virt-api: pod kubevirt/${API}, container virt-api: crashed 4 times (OOMKilled, exit code 137)`,
      hint: `read its log: kubectl logs -n kubevirt ${API} -c virt-api --previous`,
      crashed: { namespace: 'kubevirt', pod: API, container: 'virt-api' },
    });
    expect(cause && causeError(cause, { lastWords: 'panic: nil' }))
      .to.include({ blame: 'product' })
      .with.property('message')
      .that.matches(/exit code 137\); its last words: "panic: nil"$/);
  });

  it('is a crash of an image for another architecture, which is not the product', () => {
    const terminated = { reason: 'StartError', exitCode: 128, message: 'exec /usr/bin/virt-api: exec format error' };
    const crashing = waiting('CrashLoopBackOff', { restartCount: 4, lastState: { terminated } });
    const [cause] = causes({ pods: [pod(API, crashing)] });
    expect(cause).to.include({ blame: 'infra', hint: "take images that are built for the node's architecture" });
  });

  it("is a pod that fits on no node, in the scheduler's words", () => {
    const message = '0/1 nodes are available: 1 Insufficient memory.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    expect(causes({ pods: [pod(API, { conditions })] })[0]).to.deep.include({
      blame: 'infra',
      patienceMs: 30_000,
      message: `deployment virt-api: pod kubevirt/${API} fits on no node: "${message}"`,
    });
  });

  it('is a quota that refuses the pods of a Deployment, from the condition of its ReplicaSet', () => {
    const message =
      'pods "virt-api-5d9f8-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0';
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }];
    const [cause] = causes({ replicaSets: [workload('ReplicaSet', 'virt-api-5d9f8', { conditions })] });
    expect(cause?.message).to.equal(`deployment virt-api: its pods are refused: ${JSON.stringify(message)}`);
    expect(cause).to.include({
      blame: 'infra',
      hint: 'take the quota or limit range out of that namespace, or make it big enough',
    });
  });

  it('is pod security that refuses the pods of a DaemonSet, which only its events tell', () => {
    const message = 'Error creating: pods "virt-handler-x" is forbidden: violates PodSecurity "restricted:latest"';
    const set = workload('DaemonSet', 'virt-handler', { desiredNumberScheduled: 1, currentNumberScheduled: 0 });
    const state = { daemonSets: [set], events: [event('DaemonSet/virt-handler', 'FailedCreate', message)] };
    expect(causes(state)[0]).to.include({ blame: 'infra', patienceMs: 0 });
    const made = { ...set, status: { ...set.status, currentNumberScheduled: 1 } };
    expect(causes({ ...state, daemonSets: [made] })).to.deep.equal([]);
  });

  it("is somebody else's webhook, wherever it is told of", () => {
    const said =
      'Internal error occurred: failed calling webhook "pods.policy.example": failed to call webhook: Post "https://policy.policy.svc:443/validate": dial tcp 10.0.0.1:443: connect: connection refused';
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: said }];
    const degraded = { type: 'Degraded', status: 'True', reason: 'DeploymentFailed', message: said };
    for (const found of [
      causes({ replicaSets: [workload('ReplicaSet', 'virt-operator-1', { conditions })] }),
      causes({}, deploying({ conditions: [degraded] })),
    ]) {
      expect(found[0]).to.include({ blame: 'infra', patienceMs: 30_000 });
      expect(found[0]?.message).to.include('webhook pods.policy.example does not answer: Post "https://policy');
      expect(found[0]?.hint).to.match(/^bring the service of that webhook back/);
    }
  });

  it("is KubeVirt's own webhook only in the long run, and blames the product", () => {
    const said = 'failed calling webhook "kubevirt-validator.kubevirt.io": no endpoints available';
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: said }];
    const [cause] = causes({ replicaSets: [workload('ReplicaSet', 'virt-api-1', { conditions })] });
    expect(cause).to.include({ blame: 'product', patienceMs: 60_000 });
  });

  it('is what virt-operator says itself that it cannot do', () => {
    const message = 'An error occurred during deployment: unable to create clusterrole: forbidden';
    const degraded = { type: 'Degraded', status: 'True', reason: 'DeploymentFailed', message };
    expect(causes({}, deploying({ conditions: [degraded] }))[0]).to.deep.include({
      blame: 'product',
      message: `virt-operator cannot install KubeVirt: "${message}"`,
    });
    // An update makes Degraded true as well.
    expect(causes({}, deploying({ conditions: [{ ...degraded, reason: 'UpdateInProgress' }] }))).to.deep.equal([]);
  });

  it('is a namespace that does not go away, with what its conditions say', () => {
    const namespace: Conditioned = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'kubevirt', deletionTimestamp: '2026-01-01T00:00:00Z' },
      status: {
        conditions: [
          {
            type: 'NamespaceDeletionDiscoveryFailure',
            status: 'False',
            message: 'All resources successfully discovered',
          },
          {
            type: 'NamespaceContentRemaining',
            status: 'True',
            message: 'Some resources are remaining: configmaps. has 1 resource instances',
          },
        ],
      },
    };
    const [cause] = causes({ namespace });
    expect(cause).to.include({ blame: 'infra', patienceMs: 30_000 });
    expect(cause?.message).to.equal(
      'namespace kubevirt is being deleted and does not go away: Some resources are remaining: configmaps. has 1 resource instances',
    );
  });

  it('is an API of its own that does not answer, once its server says that it is ready', () => {
    const service: Conditioned = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.subresources.kubevirt.io' },
      status: {
        conditions: [
          { type: 'Available', status: 'False', reason: 'FailedDiscoveryCheck', message: 'context deadline exceeded' },
        ],
      },
    };
    const ready = (status: string) => pod(API, { conditions: [{ type: 'Ready', status }] });
    expect(causes({ apiServices: [service], pods: [ready('False')] })).to.deep.equal([]);
    expect(causes({ apiServices: [service], pods: [ready('True')] })[0]).to.deep.include({
      blame: 'infra',
      patienceMs: 60_000,
      message:
        'APIService v1.subresources.kubevirt.io does not answer although its pods are ready: FailedDiscoveryCheck "context deadline exceeded"',
    });
  });

  it('is a node that cannot set a pod up, and a secret that KubeVirt owes itself', () => {
    const creating = pod(API, waiting('ContainerCreating'));
    const network = event(`Pod/${API}`, 'FailedCreatePodSandBox', 'plugin type="calico" failed (add): no route');
    const secret = event(
      `Pod/${API}`,
      'FailedMount',
      'MountVolume.SetUp failed: secret "kubevirt-virt-api-certs" not found',
    );
    expect(causes({ pods: [creating], events: [network] })[0]).to.include({ blame: 'infra', patienceMs: 60_000 });
    expect(causes({ pods: [creating], events: [secret] })[0]).to.include({ blame: 'product', patienceMs: 60_000 });
    const running = pod(API, { containerStatuses: [{ name: 'virt-api', ready: true }] });
    expect(causes({ pods: [running], events: [network] })).to.deep.equal([]);
  });

  it('names what no waiting heals before what may heal', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'full' }];
    const keys = causes({
      pods: [pod('virt-controller-1-abcde', { conditions }), pod(API, waiting('ErrImageNeverPull'))],
    }).map(({ key }) => key);
    expect(keys).to.deep.equal(['image deployment virt-api virt-api', 'unschedulable deployment virt-controller']);
  });
});

describe('patience with trouble', () => {
  const cause = (key: string, patienceMs: number): Cause => ({
    ...{ key, patienceMs, blame: 'infra', message: key, hint: 'h' },
  });

  it('is lost at once with what no waiting heals', () => {
    expect(new Patience(1e6).lost([cause('a', 30_000), cause('b', 0)], 0)?.key).to.equal('b');
  });

  it('lasts as long as the trouble may heal, and begins anew when it had healed', () => {
    const patience = new Patience(1e6);
    expect(patience.lost([cause('a', 30_000)], 0)).to.equal(undefined);
    expect(patience.lost([cause('a', 30_000)], 29_999)).to.equal(undefined);
    expect(patience.lost([], 29_999)).to.equal(undefined);
    expect(patience.lost([cause('a', 30_000)], 30_000)).to.equal(undefined);
    expect(patience.lost([cause('a', 30_000)], 60_000)?.key).to.equal('a');
  });

  it('is shorter where there is little time for all of it', () => {
    const patience = new Patience(1000);
    patience.lost([cause('a', 30_000)], 0);
    expect(patience.lost([cause('a', 30_000)], 1000)?.key).to.equal('a');
  });
});

describe('what a wait for KubeVirt still misses', () => {
  it('is told with deployment, pod, reason and the newest warning', () => {
    const state: ComponentState = {
      ...NOTHING_THERE,
      pods: [pod(API, waiting('ContainerCreating'))],
      deployments: [
        workload('Deployment', 'virt-api', { readyReplicas: 0 }),
        workload('Deployment', 'virt-operator', { readyReplicas: 2, updatedReplicas: 2 }),
      ],
      daemonSets: [
        workload('DaemonSet', 'virt-handler', { desiredNumberScheduled: 1, numberReady: 1, updatedNumberScheduled: 0 }),
      ],
      events: [
        event('ReplicaSet/virt-api-5d9f8', 'FailedCreate', 'older'),
        event(`Pod/${API}`, 'Unhealthy', 'Readiness probe failed'),
      ],
    };
    const conditions = ['Progressing', 'Degraded'].map((type) => ({
      type,
      status: 'True',
      reason: 'UpdateInProgress',
    }));
    const resource = deploying({ conditions, targetKubeVirtVersion: 'v1.9.0', observedKubeVirtVersion: 'v1.8.4' });
    expect(missingText(resource, state, [])).to.equal(
      [
        'phase=Deploying',
        'v1.8.4 to v1.9.0',
        'Degraded=True Progressing=True UpdateInProgress',
        `deployment virt-api 0/2 ready (${API} ContainerCreating of virt-api)`,
        'daemonset virt-handler 0/1 updated',
        `warning Unhealthy of pod/${API} "Readiness probe failed"`,
      ].join(', '),
    );
  });

  it('is told with the trouble that is borne for a while', () => {
    const message = 'dial tcp: connection refused';
    const state = { ...NOTHING_THERE, pods: [pod(API, waiting('ErrImagePull', { message }))] };
    expect(missingText(undefined, state, causesOf(state, undefined))).to.match(
      /^no KubeVirt object, trouble: deployment virt-api: .* the node cannot pull .*connection refused"$/,
    );
  });
});

describe('warnings of a namespace', () => {
  it('are told once for all that is alike, the newest first', () => {
    const told = newestWarnings([
      event('Pod/virt-api-5d9f8-aaaaa', 'BackOff', 'Back-off restarting pod virt-api-5d9f8-aaaaa_kubevirt', {
        count: 3,
      }),
      event('Pod/virt-api-5d9f8-bbbbb', 'BackOff', 'Back-off restarting pod virt-api-5d9f8-bbbbb_kubevirt', {
        count: 4,
      }),
      event('DaemonSet/virt-handler', 'FailedCreate', 'no', {
        series: { count: 9, lastObservedTime: '2026-01-02T00:00:00Z' },
      }),
      event('Pod/virt-api-5d9f8-bbbbb', 'Pulled', 'fine', { type: 'Normal' }),
    ]);
    expect(told.map(warningText)).to.deep.equal([
      'warning FailedCreate of daemonset/virt-handler "no" (9 times)',
      'warning BackOff of pod/virt-api-5d9f8-bbbbb "Back-off restarting pod virt-api-5d9f8-bbbbb_kubevirt" (7 times)',
    ]);
  });
});

describe('the last words of a crashed container', () => {
  it('are where it panicked, else its last error, else its last line', () => {
    expect(tellingLine(['starting', 'panic: nil map', 'goroutine 1 [running]:', 'main.main()'])).to.equal(
      'panic: nil map',
    );
    expect(tellingLine(['{"level":"error","msg":"a"}', '{"level":"fatal","msg":"b"}', 'bye'])).to.equal(
      '{"level":"fatal","msg":"b"}',
    );
    expect(tellingLine(['one', 'two'])).to.equal('two');
    expect(tellingLine(['x'.repeat(1000)])).to.have.length(301);
  });
});
