import { InfraError } from '../errors/errors.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { Feeds } from './feeds.ts';
import type { Node } from './objects.ts';
import { countOf } from './quantity.ts';
import { nodeReady } from './ready.ts';

/** The node under test, as the cluster sees it now. */
export interface LaneNode {
  readonly name: string;
  /** As the API server has them now. */
  labels(): Readonly<Record<string, string>>;
  /** Waits a little for the device: its plugin registers on its own time. @returns how many the node offers. */
  devices(name: string, signal: AbortSignal): Promise<number>;
}

const DEVICE_MS = 60_000;

/**
 * The cluster's node that is the host which was probed, by its host name.
 * @throws InfraError when the cluster has no such node: evidence from another machine would prove nothing.
 */
export function laneNode(scope: Scope, feeds: Feeds, hostname: string): LaneNode {
  const name = nodeName([...feeds.nodes.items.values()], hostname);
  const current = (): Node | undefined => feeds.nodes.items.get(name);
  const offered = (device: string): number => countOf(current()?.status?.allocatable, device);
  return {
    name,
    labels: () => current()?.metadata.labels ?? {},
    async devices(device, signal) {
      const limits = {
        scope: scope.narrowed(signal),
        withinMs: DEVICE_MS,
        everyMs: DEVICE_MS,
        blame: 'product' as const,
        wake: (notify: () => void) => feeds.nodes.onChange(notify),
      };
      return await until(`node ${name} offers ${device}`, limits, async () =>
        offered(device) > 0
          ? { done: true, value: offered(device) }
          : { done: false, saw: `allocatable ${current()?.status?.allocatable?.[device] ?? '(absent)'}` },
      );
    },
  };
}

/** Waits until virt-handler has labelled the node and offers guests a place on it. */
export async function waitForNode(scope: Scope, feeds: Feeds, name: string, withinMs: number): Promise<void> {
  const limits = {
    scope,
    withinMs,
    everyMs: withinMs,
    blame: 'product' as const,
    wake: (notify: () => void) => feeds.nodes.onChange(notify),
  };
  await until(`node ${name} ready for guests`, limits, async () => nodeReady(feeds.nodes.items.get(name), name));
}

function nodeName(nodes: readonly Node[], hostname: string): string {
  const short = hostname.split('.')[0] ?? hostname;
  const names = (node: Node) => [
    node.metadata.name,
    ...(node.status?.addresses ?? []).filter((each) => each.type === 'Hostname').map((each) => each.address),
  ];
  const exact = nodes.find((node) => names(node).includes(hostname));
  const found = exact ?? nodes.find((node) => names(node).some((each) => each.split('.')[0] === short));
  if (found !== undefined) return found.metadata.name;
  throw new InfraError(
    `the cluster has no node ${hostname}: it has ${nodes.map((each) => each.metadata.name).join(', ') || 'none'}`,
    {
      hint: 'give a kubeconfig of the cluster that the host of --ssh belongs to',
    },
  );
}
