import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../scope/clock.ts';
import type { Scope } from '../scope/scope.ts';
import { type Feeds, openFeeds } from './feeds.ts';
import { type LaneNode, laneNode, waitForNode } from './node.ts';
import { type InstallWish, type Kubevirt, provideKubevirt } from './provide.ts';

/** What guests stand on: a KubeVirt that is ready, a node that offers them a place, and news of both. */
export interface Ground {
  readonly kubevirt: Kubevirt;
  readonly feeds: Feeds & { readonly kubevirts: Kubevirt['feed'] };
  readonly node: LaneNode;
}

/** Which ground is wanted, and within what time it must stand. */
export interface GroundWish extends Omit<InstallWish, 'patience'> {
  readonly budgetMs: number;
  /** The node by its name or else by its hostname; without both the only one. */
  readonly node: { readonly name: string | undefined; readonly hostname: string | undefined };
}

/** Installs or finds KubeVirt and waits until the node takes guests. @throws ProductFailure when it never does. */
export async function prepareGround(
  scope: Scope,
  client: KubeClient,
  { budgetMs, node: wish, ...install }: GroundWish,
): Promise<Ground> {
  const patience = patienceOf(scope.clock, budgetMs);
  const feeds = await openFeeds(scope, client);
  const kubevirt = await provideKubevirt(scope, client, feeds, { ...install, patience });
  const node = await laneNode(scope, feeds, { ...wish, withinMs: patience() });
  await waitForNode(scope, feeds, node.name, patience());
  return { kubevirt, feeds: { ...feeds, kubevirts: kubevirt.feed }, node };
}

/**
 * How long the phase may still wait for KubeVirt. That ends before its budget does: what never gets ready is blamed on
 * KubeVirt. When even the applying took that long, the phase ends first: the ground is to blame then.
 */
function patienceOf(clock: Clock, budgetMs: number): () => number {
  const reserveMs = budgetMs / 10;
  const endsAt = clock.nowMs + budgetMs - reserveMs;
  return () => Math.max(reserveMs, endsAt - clock.nowMs);
}
