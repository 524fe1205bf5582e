import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { findLeft, RUN_LABEL } from '../../harness/kube/find-left.ts';
import { removeKubevirt } from '../../harness/kube/remove-kubevirt.ts';
import { ALL_KINDS, sweepChosen } from '../../harness/kube/sweep.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { compare } from '../../harness/traces/compare.ts';
import { type Snapshot, takeSnapshot } from '../../harness/traces/snapshot.ts';
import { installKubevirt, openSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts';

describe('cleaning a cluster', function () {
  this.timeout(60_000);
  let cluster: SimulatedCluster;
  let found: Snapshot;
  const look = () => takeSnapshot(cluster.client, { signal: cluster.scope.signal });

  before(async () => {
    cluster = await openSimulatedCluster();
    found = await look();
    const theirs = openScope(() => {});
    await installKubevirt(theirs, cluster, { runId: 'theirs', isKept: () => true });
    await theirs.close();
  });
  after(() => cluster.close());

  it('takes away only what the named run left', async () => {
    const { client, scope } = cluster;
    for (const run of ['a', 'b'])
      await client.create('/api/v1/namespaces/default/configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: run, labels: { [RUN_LABEL]: run } },
      });
    const swept = await sweepChosen(scope, client, { selector: `${RUN_LABEL}=a` });
    expect(swept.map(({ key }) => key)).to.deep.equal(['default/a']);
    const left = await findLeft(client, ALL_KINDS, { signal: scope.signal, selector: `${RUN_LABEL}=b` });
    expect(left).to.have.length(1);
    await sweepChosen(scope, client, { selector: `${RUN_LABEL}=b` });
  });

  it('takes away any KubeVirt with all that it made and left, when that is asked for', async () => {
    await removeKubevirt(cluster.scope, cluster.client);
    expect(compare(found, await look(), { runId: 'none', hasInstalled: true })).to.deep.equal([]);
  });
});
