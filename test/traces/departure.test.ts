import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { RUN_LABEL } from '../../harness/kube/find-left.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { arrive, compareWith } from '../../harness/traces/arrival.ts';
import { prepareDeparture } from '../../harness/traces/departure.ts';
import { openSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts';

const RUN = { runId: 'run-1', namespace: 'kube-system' };

describe('comparing a cluster with how it was found', function () {
  this.timeout(60_000);
  let cluster: SimulatedCluster;
  before(async () => {
    cluster = await openSimulatedCluster();
  });
  after(() => cluster.close());

  const tracesOf = (events: readonly RunEvent[]) =>
    events.flatMap((each) => (each.type === 'traces' ? [each.traces] : [])).at(-1);

  async function leave(withinMs: number) {
    const events: RunEvent[] = [];
    const scope = openScope((event) => void events.push(event));
    // As the lease has it: what comes after the comparison needs its time too.
    scope.defer('release', { withinMs: 30_000, reservedMs: 2000 }, async () => {});
    await prepareDeparture(scope, cluster.client, { ...RUN, keptBecause: () => undefined, howToLook: () => [] });
    expect(await scope.close(withinMs)).to.deep.equal([]);
    return tracesOf(events);
  }

  it('is done in the grace period of a job too, where the rest was quick', async () => {
    expect(await leave(16_000)).to.include({ isCompared: true });
    const { isCompared, notCompared } = (await leave(3000)) ?? {};
    expect({ isCompared, notCompared }).to.deep.equal({
      isCompared: false,
      notCompared: ['the cluster: no time was left to look'],
    });
  });

  it('blames nobody for what no time was left to see go', async () => {
    const { client } = cluster;
    const events: RunEvent[] = [];
    const scope = openScope((event) => void events.push(event));
    const arrival = await arrive(scope, client, RUN);
    const metadata = { name: 'left', labels: { [RUN_LABEL]: RUN.runId } };
    await client.create('/api/v1/namespaces/default/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    await compareWith(scope, client, { arrival, leaving: RUN, endsInMs: 4000 });
    expect(tracesOf(events)?.isCompared).to.equal(false);
    expect(tracesOf(events)?.notCompared?.join()).to.match(/no time was left to see these go: configmaps .*left/);
    await client.delete('/api/v1/namespaces/default/configmaps/left');
  });
});
