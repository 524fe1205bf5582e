import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { noteNodes, settleNote } from '../../harness/kube/node-note.ts';
import { sweepOtherRuns } from '../../harness/kube/sweep.ts';
import { uninstall } from '../../harness/kubevirt/uninstall.ts';
import { openScope, type Scope } from '../../harness/scope/scope.ts';
import { compare } from '../../harness/traces/compare.ts';
import { type Snapshot, takeSnapshot } from '../../harness/traces/snapshot.ts';
import { inProcess } from '../../providers/mock/api/in-process.ts';
import type { KubeApi, KubeRequest } from '../../providers/mock/controllers/seam.ts';
import { installKubevirt, openSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts';

const RUN = { runId: 'run-1', hasInstalled: true };
const NODE = '/api/v1/nodes/sev-milan-1';

describe('taking a KubeVirt away', function () {
  this.timeout(60_000);
  let cluster: SimulatedCluster;
  let found: Snapshot;
  let stranger: KubeApi;

  const look = () => takeSnapshot(cluster.client, { signal: cluster.scope.signal });
  const ask = async (method: KubeRequest['method'], path: string, body?: object) => {
    const more = body === undefined ? {} : { body, contentType: 'application/merge-patch+json' };
    const answer = await stranger.request({ method, path, ...more });
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).to.be.below(300);
    return answer.body as { readonly metadata: { readonly uid: string; readonly labels?: Record<string, string> } };
  };
  const forced = () => cluster.events.flatMap((each) => (each.type === 'traces' ? (each.traces.forced ?? []) : []));
  const leave = { namespace: 'kube-system', ...RUN };
  /** A run that was killed: nothing of it is undone. */
  const installAndDie = async (scope: Scope) => {
    await noteNodes(cluster.client, { ...leave, signal: scope.signal });
    const never = openScope(() => {});
    await installKubevirt(never, cluster, { ...RUN, isKept: () => true });
    await never.close();
  };
  const killOperator = () => ask('DELETE', '/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator');

  beforeEach(async () => {
    cluster = await openSimulatedCluster();
    stranger = inProcess(cluster.host.api)('kubernetes-admin');
    await ask('PATCH', NODE, {
      metadata: { labels: { 'cpu-feature.node.kubevirt.io/aes': 'old', 'cpu-feature.node.kubevirt.io/never': 'true' } },
    });
    found = await look();
  });
  afterEach(() => cluster.close());

  it('gives the nodes back the labels that they had, and takes off what KubeVirt leaves', async () => {
    const note = await noteNodes(cluster.client, { ...leave, signal: cluster.scope.signal });
    const own = openScope(() => {});
    await installKubevirt(own, cluster, RUN);
    expect(await own.close()).to.deep.equal([]);
    const between = compare(found, await look(), RUN);
    expect(between.map(({ what }) => what)).to.deep.equal(['nodes "sev-milan-1"']);
    await settleNote(cluster.scope, cluster.client, note);
    expect(compare(found, await look(), RUN)).to.deep.equal([]);
  });

  it('takes the leases of leaders away that were not there before, and no other', async () => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const lease = (name: string) => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'default' },
      spec: { holderIdentity: `${name}-0` },
    });
    const create = (name: string) => cluster.client.create(leases, lease(name));
    await create('virt-controller');
    const before = await look();
    const note = await noteNodes(cluster.client, { ...leave, signal: cluster.scope.signal });
    await Promise.all(['virt-operator', 'somebody'].map(create));
    await settleNote(cluster.scope, cluster.client, note);
    const now = compare(before, await look(), RUN).map(({ how, what }) => `${how} ${what}`);
    expect(now).to.include('added leases.coordination.k8s.io "default/somebody"');
    expect(now.join()).not.to.contain('virt-');
  });

  it('does the same in a sweep after the run was killed, with what the run had written down', async () => {
    await installAndDie(cluster.scope);
    const swept = await sweepOtherRuns(cluster.scope, cluster.client, { runId: 'run-2' });
    expect(swept.map(({ kind }) => kind)).to.include.members(['kubevirts', 'deployments', 'namespaces', 'configmaps']);
    expect(compare(found, await look(), RUN)).to.deep.equal([]);
    expect(forced()).to.deep.equal([]);
  });

  it('sweeps by force what an operator that is gone does not take away, and says so', async () => {
    await installAndDie(cluster.scope);
    await killOperator();
    await sweepOtherRuns(cluster.scope, cluster.client, { runId: 'run-2', stepWithinMs: 8000 });
    expect(compare(found, await look(), RUN)).to.deep.equal([]);
    expect(forced()).to.include(
      'finalizers kubevirt.io/foregroundDeleteKubeVirt of kubevirts "kubevirt/kubevirt" were taken off by force',
    );
  });

  it('uses force in the undo too, only when its time for that has come', async () => {
    await installKubevirt(cluster.scope, cluster, { ...RUN, isKept: () => true });
    await killOperator();
    const path = '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts/kubevirt';
    const { metadata } = await ask('GET', path);
    const object = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'KubeVirt',
      metadata: { name: 'kubevirt', namespace: 'kubevirt' },
    };
    const made = [{ object, uid: metadata.uid }];
    const hurried = openScope(() => {});
    hurried.defer('KubeVirt', 1500, (_signal, own) => uninstall(own, cluster.client, made));
    const [finding] = await hurried.close();
    expect(finding?.message).to.match(/^KubeVirt: not undone within 1\.5 s.*foregroundDeleteKubeVirt/);
    expect(forced()).to.deep.equal([]);
    await uninstall(cluster.scope, cluster.client, made, { forceAfterMs: 500 });
    expect(forced().join()).to.contain('of kubevirts "kubevirt/kubevirt" were taken off by force');
  });
});
