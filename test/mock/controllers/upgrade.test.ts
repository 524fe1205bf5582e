import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import type { Loose, Workload } from '../../../providers/mock/controllers/kinds.ts';
import { pathOf } from '../../../providers/mock/controllers/kubevirt/operator/kinds.ts';
import { operatorManifest } from '../../../providers/mock/kubevirt/manifest.ts';
import { kubevirtVersion } from '../../../providers/mock/kubevirt/versions.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { guest, installKubevirt } from './install.ts';

const CRS = '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts';
const VMIS = '/apis/kubevirt.io/v1/namespaces/guests/virtualmachineinstances';
const NEWEST_DEPLOYED = ['Available=True', 'Progressing=False', 'Degraded=False'];

/** As `kubectl apply -f kubevirt-operator.yaml` of another release does. */
async function applyOperator({ rest }: TestCluster, text: string): Promise<void> {
  const version = kubevirtVersion(text);
  if (version === undefined) throw new Error(`${text} is unknown`);
  for (const object of operatorManifest(version))
    await rest.patch(`${pathOf(object)}?fieldManager=test&force=true`, 'apply', object);
}

const three = (cr: KubeObject | undefined) =>
  ((cr as Loose | undefined)?.status?.conditions ?? []).slice(0, 3).map(({ type, status }) => `${type}=${status}`);

/** Follows the custom resource and what rolls, until the version is the observed one. */
async function follow(cluster: TestCluster, version: string) {
  const situations = new Set<string>();
  const rolled: string[] = [];
  const end = new AbortController();
  const watched = ['deployments', 'daemonsets'].map(async (plural) => {
    const path = `/apis/apps/v1/namespaces/kubevirt/${plural}`;
    const { items, resourceVersion } = await cluster.rest.list<Workload>(path);
    const imageOf = ({ spec }: Workload) => spec.template.spec?.containers[0]?.image.split(':')[1];
    const before = new Map(items.map((item) => [item.metadata.name, imageOf(item)]));
    for await (const { object } of cluster.api.watch(
      `${path}?watch=true&resourceVersion=${resourceVersion}`,
      end.signal,
    )) {
      const name = object.metadata.name ?? '';
      const image = imageOf(object as Workload);
      if (before.get(name) !== image) rolled.push(name);
      before.set(name, image);
    }
  });
  const cr = (await cluster.until(CRS, 'kubevirt', (object) => {
    const { status } = object as Loose;
    const reason = status?.conditions?.[0]?.reason;
    if (reason === 'UpdateInProgress')
      situations.add(
        [status?.observedKubeVirtVersion, status?.targetKubeVirtVersion, ...three(object)].map(String).join(' '),
      );
    return status?.observedKubeVirtVersion === version && reason === 'AllComponentsReady';
  })) as Loose;
  end.abort();
  await Promise.all(watched);
  return { cr, situations: [...situations], rolled: rolled.filter((name) => name !== 'virt-operator') };
}

describe('a simulated KubeVirt', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await startCluster();
  });
  afterEach(async () => await cluster.stop());

  it('that is upgraded says so, rolls the nodes first and its API last, and counts guests of before', async () => {
    await installKubevirt(cluster, 'v1.8.4');
    await cluster.rest.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'guests' },
    });
    await cluster.until('/api/v1/namespaces/guests/serviceaccounts', 'default', Boolean);
    await cluster.rest.create(VMIS, guest('sev'));
    await cluster.until(VMIS, 'sev', (object) => (object as Loose | undefined)?.status?.phase === 'Running');
    const following = follow(cluster, 'v1.9.0');
    await applyOperator(cluster, 'v1.9.0');
    const { cr, situations, rolled } = await following;
    expect(situations).to.deep.equal(['v1.8.4 v1.9.0 Available=True Progressing=True Degraded=True']);
    expect(rolled).to.deep.equal(['virt-handler', 'virt-controller', 'virt-exportproxy', 'virt-api']);
    expect(three(cr)).to.deep.equal(NEWEST_DEPLOYED);
    expect(cr.status).to.include({
      phase: 'Deployed',
      operatorVersion: 'v1.9.0',
      targetKubeVirtVersion: 'v1.9.0',
      outdatedVirtualMachineInstanceWorkloads: 1,
    });
    const api = await cluster.rest.get<Workload>('/apis/apps/v1/namespaces/kubevirt/deployments/virt-api');
    expect(api.metadata.annotations).to.include({ 'kubevirt.io/install-strategy-version': 'v1.9.0' });
  });

  it('that is downgraded rolls its API first', async () => {
    await installKubevirt(cluster, 'v1.8.4');
    const following = follow(cluster, 'v1.7.4');
    await applyOperator(cluster, 'v1.7.4');
    const { cr, situations, rolled } = await following;
    expect(situations).to.deep.equal(['v1.8.4 v1.7.4 Available=True Progressing=True Degraded=True']);
    expect(rolled.slice(0, 2)).to.deep.equal(['virt-api', 'virt-controller']);
    expect(rolled.at(-1)).to.equal('virt-handler');
    expect(three(cr)).to.deep.equal(NEWEST_DEPLOYED);
    expect(cr.status).to.include({ outdatedVirtualMachineInstanceWorkloads: 0 });
    // What only the newer one had goes.
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await cluster.until(definitions, 'virtualmachinebackups.backup.kubevirt.io', (object) => object === undefined);
  });

  it('cannot be downgraded where an older one does not know how objects are stored', async () => {
    await installKubevirt(cluster, 'v1.9.0');
    await applyOperator(cluster, 'v1.8.4');
    const cr = (await cluster.until(
      CRS,
      'kubevirt',
      (object) => (object as Loose).status?.conditions?.[0]?.reason === 'DeploymentFailed',
    )) as Loose;
    expect(cr.status?.conditions?.[0]?.message).to.match(
      /virtualmachineexports.export.kubevirt.io.* v1 was previously a storage version/,
    );
    expect(three(cr)).to.deep.equal(['Available=False', 'Progressing=False', 'Degraded=True']);
  });
});
