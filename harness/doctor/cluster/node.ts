import type { KubeObject } from '../../kube/objects.ts';
import { few, listAt, nameOf, textAt } from './fields.ts';
import type { Reading } from './reading.ts';

/** The cluster's node of this name, as the lane chooses it: by name or host name, whole or up to the first dot. */
export function nodeUnderTest(nodes: Reading<readonly KubeObject[]>, wanted: string | undefined): Reading<KubeObject> {
  if ('unread' in nodes) return nodes;
  const [only, ...others] = nodes.value;
  if (wanted === undefined && only !== undefined && others.length === 0) return { value: only };
  const name = wanted ?? '';
  const found =
    nodes.value.find((node) => namesOf(node).includes(name)) ??
    nodes.value.find((node) => namesOf(node).some((each) => short(each) === short(name)));
  if (found !== undefined) return { value: found };
  const there = few(nodes.value.map(nameOf)) || 'none';
  return {
    unread: `${wanted === undefined ? 'which node is the host is not known' : `the cluster has no node ${wanted}`}: it has ${there}`,
    action: 'give a kubeconfig of the cluster that the host of --ssh belongs to, or name the node with --node',
  };
}

function namesOf(node: KubeObject): readonly string[] {
  const hostnames = listAt(node, 'status', 'addresses').filter((each) => textAt(each, 'type') === 'Hostname');
  return [nameOf(node), ...hostnames.map((each) => textAt(each, 'address') ?? '')];
}

function short(name: string): string {
  return name.split('.')[0] ?? name;
}
