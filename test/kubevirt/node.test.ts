import { expect } from 'chai';
import { describe, it } from 'mocha';
import { InfraError, ProductFailure } from '../../harness/errors/errors.ts';
import type { Feeds } from '../../harness/kubevirt/feeds.ts';
import { laneNode } from '../../harness/kubevirt/node.ts';
import type { Node } from '../../harness/kubevirt/objects.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';

describe('the node under test', () => {
  const node = (name: string, labels: Readonly<Record<string, string>> = {}, hostname = name): Node => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    status: { addresses: [{ type: 'Hostname', address: hostname }] },
  });
  const cluster = (...nodes: readonly Node[]) => {
    const items = new Map(nodes.map((each) => [each.metadata.name ?? '', each]));
    const listeners = new Set<() => void>();
    const onChange = (notify: () => void) => {
      listeners.add(notify);
      return () => void listeners.delete(notify);
    };
    const put = (changed: Node) => {
      items.set(changed.metadata.name ?? '', changed);
      for (const notify of listeners) notify();
    };
    const nodesFeed = { items, isLive: true, onChange, close: () => {} };
    return { put, feeds: { nodes: nodesFeed, pods: { ...nodesFeed, items: new Map() } } satisfies Feeds };
  };
  const SEV = { 'kubevirt.io/sev': '' };
  const choose = async (feeds: Feeds, wish: { name?: string; hostname?: string; withinMs?: number }) =>
    (
      await laneNode(
        openScope(() => {}),
        feeds,
        {
          name: wish.name,
          hostname: wish.hostname,
          withinMs: wish.withinMs ?? 10_000,
        },
      )
    ).name;

  it('is the host that was probed, by whichever of its names', async () => {
    const { feeds } = cluster(node('a'), node('b.example', SEV), node('c', {}, 'inner.example'));
    expect(await choose(feeds, { hostname: 'a' })).to.equal('a');
    expect(await choose(feeds, { hostname: 'b' })).to.equal('b.example');
    expect(await choose(feeds, { hostname: 'inner.example' })).to.equal('c');
    const error = await failure(choose(feeds, { hostname: 'elsewhere' }), InfraError);
    expect(error.message).to.equal('the cluster has no node elsewhere: it has a, b.example, c');
    expect(error.hint).to.include('--node');
  });

  it('is the one that was named, if there is one of this name', async () => {
    const { feeds } = cluster(node('a'), node('b', SEV));
    expect(await choose(feeds, { name: 'a', hostname: 'b' })).to.equal('a');
    expect((await failure(choose(feeds, { name: 'c' }), InfraError)).message).to.equal(
      'the cluster has no node c: it has a, b',
    );
  });

  it('is the only one, or the only one that is labelled for SEV, where no host was read', async () => {
    expect(await choose(cluster(node('only')).feeds, {})).to.equal('only');
    expect(await choose(cluster(node('a'), node('b', SEV)).feeds, {})).to.equal('b');
    const several = await failure(choose(cluster(node('a', SEV), node('b', SEV)).feeds, {}), InfraError);
    expect(several.message).to.equal('several nodes can run SEV guests: a, b');
    expect(several.hint).to.equal('name one of them with --node');
  });

  it('is waited for until KubeVirt has labelled it, and no longer than allowed', async () => {
    const { feeds, put } = cluster(node('a'), node('b'));
    const chosen = choose(feeds, {});
    put(node('b', SEV));
    expect(await chosen).to.equal('b');
    const never = await failure(choose(cluster(node('a'), node('b')).feeds, { withinMs: 20 }), ProductFailure);
    expect(never.message).to.include('a node with the label kubevirt.io/sev').and.to.include('2 nodes, none with it');
  });
});
