import type { GuestConfig } from '../config/run-config.ts';
import type { KeepCase } from '../evidence/bundle/occasions.ts';
import type { EvidenceKeeper } from '../evidence/collect.ts';
import type { KubeClient } from '../kube/client.ts';
import { type KubeObject, resourcePath } from '../kube/objects.ts';
import { persist } from '../kube/persist.ts';
import { type KubevirtFeeds, openGuestFeed } from '../kubevirt/feeds.ts';
import { type GuestParts, makeGuest } from '../kubevirt/guest.ts';
import type { LaneNode } from '../kubevirt/node.ts';
import { type Condition, conditionText } from '../kubevirt/objects.ts';
import type { Kubevirt } from '../kubevirt/provide.ts';
import { nodeLabelValue } from '../kubevirt/versions.ts';
import type { HostFacts } from '../model/host-facts.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { Selection, Suites } from './engine.ts';
import { openLane } from './lane.ts';

/** What the suites run on. */
export interface SuiteGround {
  readonly runId: string;
  readonly selection: Selection;
  readonly guest: GuestConfig;
  readonly client: KubeClient;
  readonly kubevirt: Kubevirt;
  readonly feeds: Omit<KubevirtFeeds, 'vmis'>;
  readonly node: LaneNode;
  readonly host: HostFacts | undefined;
  readonly evidence: EvidenceKeeper;
  readonly keepBundle: KeepCase;
  /** Asked when a guest that failed would go: true leaves it up, with its namespace. */
  readonly keepsFailedGuest?: (guest: { readonly namespace: string; readonly name: string }) => boolean;
}

const NAMESPACE_MS = 60_000;

/**
 * Runs the wanted cases in a namespace of the run's own. Cases that fail are told as events.
 * @throws the scope's reason when the run ended before all cases were through.
 */
export async function runSuites(scope: Scope, suites: Suites, ground: SuiteGround): Promise<void> {
  const runLabels = { 'sevlane/run': ground.runId };
  const kept = new Set<string>();
  const namespace = await makeNamespace(scope, ground.client, {
    name: guestNamespace(ground.runId),
    labels: runLabels,
    isKept: () => kept.size > 0,
  });
  const feeds = { ...ground.feeds, vmis: await openGuestFeed(scope, ground.client, ground.runId) };
  const { guest, client, node, kubevirt, host, evidence, keepBundle } = ground;
  const image = guest.image ?? kubevirt.guestDisk;
  const parts: Omit<GuestParts, 'scope'> = {
    client,
    feeds,
    namespace,
    nodeName: node.name,
    runLabels,
    image: { image, memory: guest.memory },
    dialogue: { ...guest, loginMs: guest.bootMs },
    bootMs: guest.bootMs,
  };
  const lane = openLane({
    scope,
    host,
    node,
    evidence,
    keepBundle,
    labelValue: nodeLabelValue(kubevirt.version),
    makeGuest: (spec, own, isBroken) => {
      const isKept = () => {
        if (!isBroken() || ground.keepsFailedGuest?.({ namespace, name: spec.kind }) !== true) return false;
        kept.add(spec.kind);
        return true;
      };
      return makeGuest(spec, { ...parts, scope: own, isKept });
    },
    bootMs: guest.bootMs,
  });
  await suites.run(ground.selection, lane, scope);
  scope.signal.throwIfAborted();
}

/** Where the guests of a run live. */
export function guestNamespace(runId: string): string {
  return `sevlane-${runId}`;
}

interface Namespace extends KubeObject {
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

/** What holds a namespace that is being deleted: its conditions name the objects and finalizers that are left. */
function terminating({ status }: Namespace): string {
  const holding = (status?.conditions ?? []).filter((each) => each.status === 'True').map(conditionText);
  return [status?.phase ?? 'no phase', ...holding].join(', ');
}

const NAMESPACES = resourcePath({ apiVersion: 'v1', plural: 'namespaces' });

/** Launcher pods need more than the restricted pod security standard allows. */
const PRIVILEGED = { 'pod-security.kubernetes.io/enforce': 'privileged' };

interface NamespaceWish {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isKept: () => boolean;
}

async function makeNamespace(
  scope: Scope,
  client: KubeClient,
  { name, labels, isKept }: NamespaceWish,
): Promise<string> {
  scope.defer(`namespace ${name}`, NAMESPACE_MS, async (_, own) => {
    if (isKept()) return;
    await persist(`namespace ${name} taken away`, { scope: own, client }, () => removeNamespace(own, client, name));
  });
  const metadata = { name, labels: { ...labels, ...PRIVILEGED } };
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata }, { signal: scope.signal });
  return name;
}

async function removeNamespace(scope: Scope, client: KubeClient, name: string): Promise<void> {
  const path = `${NAMESPACES}/${name}`;
  if (!(await client.delete(path, { signal: scope.signal }))) return;
  const limits = { scope, withinMs: NAMESPACE_MS, everyMs: 250, blame: 'infra' as const };
  await until(`namespace ${name} gone`, limits, async (signal) => {
    const found = await client.find<Namespace>(path, { signal });
    return found === undefined ? { done: true, value: undefined } : { done: false, saw: terminating(found) };
  });
}
