import { expect } from 'chai';
import type { Loose, Node, Pod, Workload } from '../../../providers/mock/controllers/kinds.ts';
import { startCluster, type TestCluster } from './cluster.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

const deployment = (image: string, replicas = 2) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image }] },
    },
  },
});

describe('the controllers of Kubernetes', () => {
  let cluster: TestCluster;
  const rest = () => cluster.rest;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());

  const pods = async (namespace = 'default') => (await rest().list<Pod>(`/api/v1/namespaces/${namespace}/pods`)).items;

  it('register the node with what the host has, and keep its lease', async () => {
    const node = await rest().get<Node>('/api/v1/nodes/sev-milan-1');
    expect(node.status?.allocatable).to.include({ cpu: '96', pods: '250' });
    expect(node.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).to.include('Ready=True');
    expect(node.status?.nodeInfo?.kernelVersion).to.equal('6.11.0-rc3-snp-host-85ef1ac03');
    await cluster.until('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', 'sev-milan-1', Boolean);
  });

  it('give each namespace its service account and CA', async () => {
    await cluster.until('/api/v1/namespaces/default/serviceaccounts', 'default', Boolean);
    await cluster.until('/api/v1/namespaces/default/configmaps', 'kube-root-ca.crt', Boolean);
  });

  it('roll a deployment out, and again when its template changes', async () => {
    await rest().create(DEPLOYMENTS, deployment('web:1'));
    const done = (revision: string) => (object: unknown) => {
      const { status, metadata } = (object ?? { metadata: {} }) as Workload;
      return (
        metadata.annotations?.['deployment.kubernetes.io/revision'] === revision &&
        status?.observedGeneration === metadata.generation &&
        status?.availableReplicas === 2 &&
        status.updatedReplicas === 2 &&
        status.replicas === 2
      );
    };
    const first = (await cluster.until(DEPLOYMENTS, 'web', done('1'))) as Workload;
    expect(first.status?.conditions?.map(({ reason }) => reason)).to.have.members([
      'MinimumReplicasAvailable',
      'NewReplicaSetAvailable',
    ]);
    await rest().patch(`${DEPLOYMENTS}/web`, 'strategic', {
      spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } },
    });
    await cluster.until(DEPLOYMENTS, 'web', done('2'));
    const images = (await pods()).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    expect(images.map((pod) => pod.spec.containers[0]?.image)).to.deep.equal(['web:2', 'web:2']);
  });

  it('collect what a deleted deployment leaves behind', async () => {
    await rest().remove(`${DEPLOYMENTS}/web`, { propagationPolicy: 'Foreground' });
    await cluster.until(DEPLOYMENTS, 'web', (object) => object === undefined);
    for (const pod of await pods())
      await cluster.until('/api/v1/namespaces/default/pods', pod.metadata.name ?? '', (o) => o === undefined);
    expect((await rest().list('/apis/apps/v1/namespaces/default/replicasets')).items).to.deep.equal([]);
  });

  it('leave pods alone that nothing suits, and say why', async () => {
    await rest().create('/api/v1/namespaces/default/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'picky', namespace: 'default' },
      spec: { nodeSelector: { 'kubevirt.io/sev': 'true' }, containers: [{ name: 'c', image: 'c' }] },
    });
    const pod = (await cluster.until(
      '/api/v1/namespaces/default/pods',
      'picky',
      (object) => ((object as Pod | undefined)?.status?.conditions?.length ?? 0) > 0,
    )) as Pod;
    expect(pod.status?.conditions?.[0]).to.include({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message:
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    });
    await rest().patch('/api/v1/nodes/sev-milan-1', 'merge', { metadata: { labels: { 'kubevirt.io/sev': 'true' } } });
    await cluster.until(
      '/api/v1/namespaces/default/pods',
      'picky',
      (object) => (object as Pod).status?.phase === 'Running',
    );
    await rest().remove('/api/v1/namespaces/default/pods/picky');
    await cluster.until('/api/v1/namespaces/default/pods', 'picky', (object) => object === undefined);
  });

  it('drive pods off a node whose taint they do not tolerate, at once or when their time is up', async () => {
    const taint = (taints: unknown) => rest().patch('/api/v1/nodes/sev-milan-1', 'merge', { spec: { taints } });
    const pod = async (name: string, tolerations: readonly object[]) => {
      await rest().create('/api/v1/namespaces/default/pods', {
        ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' } },
        spec: { tolerations, terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'c' }] },
      });
      const running = (object: unknown) => (object as Pod).status?.phase === 'Running';
      await cluster.until('/api/v1/namespaces/default/pods', name, running);
    };
    const toleration = { key: 'upkeep', operator: 'Exists', effect: 'NoExecute' };
    await pod('intolerant', [{ ...toleration, value: '', effect: 'NoSchedule' }]);
    await pod('patient', [{ ...toleration, tolerationSeconds: 30 }]);
    await pod('tolerant', [toleration]);
    await taint([{ key: 'upkeep', effect: 'NoExecute' }]);
    const gone = (object: unknown) => object === undefined;
    await cluster.until('/api/v1/namespaces/default/pods', 'intolerant', gone);
    await cluster.until('/api/v1/namespaces/default/pods', 'patient', gone);
    expect((await pods()).map(({ metadata }) => metadata.name)).to.deep.equal(['tolerant']);
    await taint(null);
    await rest().remove('/api/v1/namespaces/default/pods/tolerant');
    await cluster.until('/api/v1/namespaces/default/pods', 'tolerant', gone);
  });

  it('stamp the lines of a log when asked, and leave older ones out', async () => {
    await rest().create('/api/v1/namespaces/default/pods', {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'talker', namespace: 'default' } },
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'c', image: 'c', command: ['sh', '-c', 'echo one; echo two'] }],
      },
    });
    const over = (object: unknown) => (object as Pod).status?.phase === 'Succeeded';
    await cluster.until('/api/v1/namespaces/default/pods', 'talker', over);
    const log = async (query: string) => {
      const path = `/api/v1/namespaces/default/pods/talker/log?${query}`;
      const answer = await cluster.api.request({ method: 'GET', path });
      return String(answer.body);
    };
    expect(await log('')).to.equal('one\ntwo\n');
    const stamp = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z';
    expect(await log('timestamps=true')).to.match(new RegExp(`^${stamp} one\\n${stamp} two\\n$`));
    expect(await log('timestamps=true&tailLines=1')).to.match(new RegExp(`^${stamp} two\\n$`));
    expect(await log('sinceTime=2100-01-01T00:00:00Z')).to.equal('');
    expect(await log('sinceSeconds=3600')).to.equal('one\ntwo\n');
    await rest().remove('/api/v1/namespaces/default/pods/talker');
  });

  it('run a job to its end', async () => {
    const jobs = '/apis/batch/v1/namespaces/default/jobs';
    await rest().create(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace: 'default' },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c', command: ['true'] }] } },
      },
    });
    const job = (await cluster.until(jobs, 'once', (object) =>
      ((object as Workload | undefined)?.status?.conditions ?? []).some(({ type }) => type === 'Complete'),
    )) as Workload;
    expect(job.status).to.include({ succeeded: 1 });
    await rest().remove(`${jobs}/once`, { propagationPolicy: 'Background' });
  });

  it('empty a namespace before it goes', async () => {
    await rest().create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tl' } });
    await cluster.until('/api/v1/namespaces/tl/serviceaccounts', 'default', Boolean);
    await rest().create('/apis/apps/v1/namespaces/tl/deployments', {
      ...deployment('web:1'),
      metadata: { name: 'web', namespace: 'tl' },
    });
    await cluster.until(
      '/apis/apps/v1/namespaces/tl/deployments',
      'web',
      (object) => (object as Loose).status?.availableReplicas === 2,
    );
    await rest().remove('/api/v1/namespaces/tl');
    // What a manifest lists after its namespace can still be deleted by name.
    await rest().remove('/api/v1/namespaces/tl/serviceaccounts/default');
    await cluster.until('/api/v1/namespaces', 'tl', (object) => object === undefined);
    expect(await pods('tl')).to.deep.equal([]);
  });
});

describe('stopped controllers', () => {
  it('leave no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    // mocha starts its own timer once the test has handed out its promise.
    await new Promise((resolve) => setImmediate(resolve));
    const before = timers();
    const other = await startCluster();
    await other.rest.create(DEPLOYMENTS, deployment('web:1', 3));
    await other.until(DEPLOYMENTS, 'web', (object) => (object as Loose).status?.replicas === 3);
    await other.stop();
    expect(timers()).to.be.at.most(before);
  });
});
