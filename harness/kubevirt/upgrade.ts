import { InfraError, LaneError, ProductFailure } from '../errors/errors.ts';
import type { Feed } from '../kube/feed.ts';
import type { Scope } from '../scope/scope.ts';
import type { Api } from './apply.ts';
import type { Feeds } from './feeds.ts';
import { applyRelease } from './install.ts';
import type { KubevirtResource } from './objects.ts';
import { namingWebhooks } from './readiness/webhook-refusal.ts';
import type { Release } from './release.ts';
import { type Before, dropNewerFinalizers, dropNewerStorage, lookBefore } from './step-back.ts';
import { waitReady } from './wait-ready.ts';

/** An upgrade of the KubeVirt that this run has installed. */
export interface Upgrade {
  readonly api: Api;
  readonly feeds: Feeds;
  readonly feed: Feed<KubevirtResource>;
  readonly from: Release;
  readonly to: Release;
  /** Milliseconds that all of it may still take. */
  readonly patience: () => number;
}

/** Of the time that is left, what the upgrade may take: the rest is for going back. */
const UPGRADE_SHARE = 0.6;

/**
 * Waits for the release that is installed, applies the other one over it as KubeVirt's users do, and follows it until it
 * stands. One that fails is backed out: the release of before is applied again and waited for.
 * @throws the cause of the failure, in words that say where it left the cluster.
 */
export async function upgrade(scope: Scope, work: Upgrade): Promise<void> {
  const { api, feeds, feed, from, to, patience } = work;
  const { client } = api;
  const old = await waitReady(scope, feeds, {
    ...{ client, feed, version: { text: from.reports }, withinMs: patience() },
  });
  const before = await lookBefore(api, old);
  const way = `from ${from.reports} to ${to.reports}`;
  scope.log.info(`KubeVirt ${from.reports} is ready: upgrading it ${way}`, { operator: to.build.operatorImage });
  try {
    await namingWebhooks(() => applyRelease(scope, api, to));
    const withinMs = patience() * UPGRADE_SHARE;
    const { status } = await waitReady(scope, feeds, {
      ...{ client, feed, version: { text: to.reports }, withinMs, replaces: old },
    });
    const outdated = status?.outdatedVirtualMachineInstanceWorkloads ?? 0;
    const guests = outdated === 0 ? '' : `; ${outdated} guests keep the launchers of before until they end`;
    scope.log.info(`KubeVirt is upgraded ${way}${guests}`);
  } catch (error) {
    scope.signal.throwIfAborted();
    throw told(error, `upgrade ${way}`, await goBack(scope, work, before));
  }
}

/** Applies the release of before again, and tells how that went. */
async function goBack(scope: Scope, { api, feeds, feed, from, patience }: Upgrade, before: Before): Promise<string> {
  scope.log.info(`the upgrade failed: going back to KubeVirt ${from.reports}`);
  try {
    await namingWebhooks(() => applyRelease(scope, api, from));
    await dropNewerStorage(scope, api, before);
    const { client } = api;
    const back = { client, feed, version: { text: from.reports }, withinMs: patience() };
    await dropNewerFinalizers(api, before, await waitReady(scope, feeds, back));
    return `back at ${from.reports}, which is ready`;
  } catch (error) {
    scope.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return `going back to ${from.reports} failed too: ${why}`;
  }
}

function told(error: unknown, what: string, ending: string): unknown {
  if (!(error instanceof LaneError)) return error;
  const message = `${what}: ${error.message}; ${ending}`;
  const details = {
    ...('cause' in error ? { cause: error.cause } : {}),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
  return error.blame === 'product' ? new ProductFailure(message, details) : new InfraError(message, details);
}
