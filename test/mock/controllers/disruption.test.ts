import { expect } from 'chai';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { Loose, Pod } from '../../../providers/mock/controllers/kinds.ts';
import { Refusal } from '../../../providers/mock/controllers/rest.ts';
import { startCluster, type TestCluster } from './cluster.ts';

const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const PODS = '/api/v1/namespaces/default/pods';

describe('pods that must not all go at once', () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startCluster();
    await cluster.rest.create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'c' }] } },
      },
    });
    await cluster.until(DEPLOYMENTS, 'web', (object) => (object as Loose).status?.availableReplicas === 3);
  });
  after(() => cluster.stop());

  const budget = async (name: string, spec: Readonly<Record<string, unknown>>) => {
    await cluster.rest.create(BUDGETS, {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace: 'default' } },
      spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
    });
    const counted = (object: KubeObject | undefined) =>
      (object as Loose | undefined)?.status?.observedGeneration === object?.metadata.generation;
    const { status } = (await cluster.until(BUDGETS, name, counted)) as Loose;
    await cluster.rest.remove(`${BUDGETS}/${name}`);
    return status;
  };

  it('are counted against what their budget leaves', async () => {
    const counts = async (spec: Readonly<Record<string, unknown>>) => {
      const { expectedPods, desiredHealthy, disruptionsAllowed } = (await budget('b', spec)) ?? {};
      return [expectedPods, desiredHealthy, disruptionsAllowed];
    };
    expect(await counts({ minAvailable: 1 })).to.deep.equal([3, 1, 2]);
    expect(await counts({ minAvailable: '50%' })).to.deep.equal([3, 2, 1]);
    expect(await counts({ maxUnavailable: 1 })).to.deep.equal([3, 2, 1]);
    expect(await counts({ maxUnavailable: '34%' })).to.deep.equal([3, 1, 2]);
    expect(await counts({ minAvailable: 5 })).to.deep.equal([3, 5, 0]);
    const nobody = await budget('n', { minAvailable: 0, selector: { matchLabels: { app: 'nobody' } } });
    expect(nobody).to.deep.include({ expectedPods: 0, disruptionsAllowed: 0 });
    expect(nobody?.conditions?.map(({ type, status, reason }) => [type, status, reason])).to.deep.equal([
      ['DisruptionAllowed', 'False', 'InsufficientPods'],
    ]);
  });

  it('are not evicted beyond it', async () => {
    await cluster.rest.create(BUDGETS, {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'all', namespace: 'default' } },
      spec: { selector: { matchLabels: { app: 'web' } }, minAvailable: 3 },
    });
    const known = (object: KubeObject | undefined) => (object as Loose | undefined)?.status?.currentHealthy === 3;
    await cluster.until(BUDGETS, 'all', known);
    const [pod] = (await cluster.rest.list<Pod>(PODS)).items;
    const name = pod?.metadata.name ?? '';
    const evict = () =>
      cluster.rest.create(`${PODS}/${name}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace: 'default' },
      });
    const refusal = await evict().catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(Refusal);
    expect((refusal as Refusal).message).to.include("would violate the pod's disruption budget");
    await cluster.rest.patch(`${BUDGETS}/all`, 'merge', { spec: { minAvailable: 2 } });
    await cluster.until(BUDGETS, 'all', (object) => (object as Loose).status?.disruptionsAllowed === 1);
    await evict();
    await cluster.until(PODS, name, (object) => object === undefined);
  });
});
