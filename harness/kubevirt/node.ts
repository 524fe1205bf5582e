import { InfraError } from '../errors/errors.ts';
import { NODE_LABELS } from '../model/guests.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { Feeds } from './feeds.ts';
import type { Node, Pod } from './objects.ts';
import { countOf } from './quantity.ts';
import { causeError } from './readiness/cause.ts';
import { Patience } from './readiness/patience.ts';
import { podCause } from './readiness/pod-causes.ts';
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
/** Trouble that lasts is looked at again also when nothing changes; nobody is asked for that. */
const LOOK_EVERY_MS = 500;

/** How the node under test is known. */
interface NodeWish {
  /** As the user named it. */
  readonly name: string | undefined;
  /** As the probed host calls itself; undefined when it was not read. */
  readonly hostname: string | undefined;
  /** For KubeVirt to label the node where nothing else tells which one it is. */
  readonly withinMs: number;
}

/**
 * The cluster's node that is the host which was probed, by its host name; the one that the user named; or, where no
 * host was read, the only one that is labelled for SEV.
 * @throws InfraError when the cluster has no such node: evidence from another machine would prove nothing.
 */
export async function laneNode(scope: Scope, feeds: Feeds, wish: NodeWish): Promise<LaneNode> {
  const name = await nodeName(scope, feeds, wish);
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

/**
 * Waits until virt-handler has labelled the node and offers guests a place on it. @throws what is wrong with the
 * virt-handler of that node; ProductFailure when the time is up.
 */
export async function waitForNode(scope: Scope, feeds: Feeds, name: string, withinMs: number): Promise<void> {
  const limits = {
    scope,
    withinMs,
    everyMs: LOOK_EVERY_MS,
    blame: 'product' as const,
    wake: (notify: () => void) => {
      const stops = [feeds.nodes.onChange(notify), feeds.pods.onChange(notify)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
  const patience = new Patience(withinMs / 10);
  await until(`node ${name} ready for guests`, limits, async () => {
    const look = nodeReady(feeds.nodes.items.get(name), name);
    if (look.done) return look;
    const handlers = handlersOn(feeds, name);
    const causes = handlers.map((pod) => podCause(pod, [])).filter((cause) => cause !== undefined);
    const lost = patience.lost(causes, scope.clock.nowMs);
    if (lost !== undefined) throw causeError(lost);
    return handlers.length > 0 ? look : { done: false, saw: `${look.saw}, no virt-handler pod on it` };
  });
}

function handlersOn({ pods }: Feeds, node: string): readonly Pod[] {
  return [...pods.items.values()].filter(
    ({ metadata, spec }) => metadata.labels?.['kubevirt.io'] === 'virt-handler' && spec.nodeName === node,
  );
}

async function nodeName(scope: Scope, feeds: Feeds, { name, hostname, withinMs }: NodeWish): Promise<string> {
  const nodes = [...feeds.nodes.items.values()];
  const there = nodes.map((each) => each.metadata.name).join(', ') || 'none';
  if (name !== undefined) {
    if (feeds.nodes.items.has(name)) return name;
    throw new InfraError(`the cluster has no node ${name}: it has ${there}`, { hint: 'name one of them with --node' });
  }
  if (hostname === undefined)
    return nodes.length === 1 ? (nodes[0]?.metadata.name ?? '') : await labelledNode(scope, feeds, withinMs);
  const found = nodeOf(nodes, hostname);
  if (found !== undefined) return found.metadata.name;
  throw new InfraError(`the cluster has no node ${hostname}: it has ${there}`, {
    hint: 'give a kubeconfig of the cluster that the host of --ssh belongs to, or name the node with --node',
  });
}

function nodeOf(nodes: readonly Node[], hostname: string): Node | undefined {
  const short = hostname.split('.')[0] ?? hostname;
  const names = (node: Node) => [
    node.metadata.name,
    ...(node.status?.addresses ?? []).filter((each) => each.type === 'Hostname').map((each) => each.address),
  ];
  const exact = nodes.find((node) => names(node).includes(hostname));
  return exact ?? nodes.find((node) => names(node).some((each) => each.split('.')[0] === short));
}

/** virt-handler labels nodes on its own time; of several nobody but the user can tell which one is meant. */
async function labelledNode(scope: Scope, feeds: Feeds, withinMs: number): Promise<string> {
  const limits = {
    scope,
    withinMs,
    everyMs: withinMs,
    blame: 'product' as const,
    wake: (notify: () => void) => feeds.nodes.onChange(notify),
  };
  const label = NODE_LABELS.sev;
  const names = await until(`a node with the label ${label}`, limits, async () => {
    const labelled = [...feeds.nodes.items.values()].filter(({ metadata }) => label in (metadata.labels ?? {}));
    return labelled.length > 0
      ? { done: true, value: labelled.map(({ metadata }) => metadata.name) }
      : { done: false, saw: `${feeds.nodes.items.size} nodes, none with it` };
  });
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw new InfraError(`several nodes can run SEV guests: ${names.join(', ')}`, {
    hint: 'name one of them with --node',
  });
}
