import { ProductFailure } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Feed } from '../kube/feed.ts';
import type { Scope } from '../scope/scope.ts';
import { type Look, until } from '../scope/until.ts';
import { type Feeds, openComponentFeeds } from './feeds.ts';
import type { KubevirtResource } from './objects.ts';
import { type Cause, causeError } from './readiness/cause.ts';
import { causesOf } from './readiness/causes.ts';
import { componentState, onComponentChange } from './readiness/component-state.ts';
import { previousLog, tellingLine } from './readiness/last-words.ts';
import { missingText } from './readiness/missing.ts';
import { Patience } from './readiness/patience.ts';
import { isSettled } from './ready.ts';
import type { KubevirtVersion } from './versions.ts';

interface ReadyWait {
  readonly client: KubeClient;
  readonly feed: Feed<KubevirtResource>;
  /** What it is going to call itself; undefined for whatever it calls itself. */
  readonly version: Pick<KubevirtVersion, 'text'> | undefined;
  readonly withinMs: number;
  /** What is being replaced: as long as that is what stands, the new one has not begun. */
  readonly replaces?: KubevirtResource;
}

/** Where every release installs itself. */
const NAMESPACE = 'kubevirt';
/** Trouble that lasts is looked at again also when nothing changes; nobody is asked for that. */
const LOOK_EVERY_MS = 500;

/**
 * Waits until KubeVirt is settled in its wanted version. What keeps it from that ends the wait early, as soon as no
 * waiting heals it. @throws the cause with the right blame; ProductFailure when there is none and the time is up.
 */
export async function waitReady(scope: Scope, feeds: Feeds, wait: ReadyWait): Promise<KubevirtResource> {
  const own = scope.child();
  try {
    return await waitWatching(own, feeds, wait);
  } finally {
    await own.close();
  }
}

async function waitWatching(
  scope: Scope,
  { pods }: Feeds,
  { client, feed, version, withinMs, ...wait }: ReadyWait,
): Promise<KubevirtResource> {
  const namespace = [...feed.items.values()][0]?.metadata.namespace ?? NAMESPACE;
  const watched = { namespace, pods, components: await openComponentFeeds(scope, client, namespace) };
  const wakes = [feed.onChange, onComponentChange(watched)];
  const wake = (notify: () => void) => {
    const stops = wakes.map((wakeBy) => wakeBy(notify));
    return () => {
      for (const stop of stops) stop();
    };
  };
  // A tenth of the time is enough for what heals by itself, where there is little of it.
  const patience = new Patience(withinMs / 10);
  const hint = 'read the virt-operator log and the events of its namespace';
  return await until(
    `KubeVirt${version === undefined ? '' : ` ${version.text}`} ready`,
    { scope, withinMs, everyMs: LOOK_EVERY_MS, blame: 'product', hint, wake },
    async (signal): Promise<Look<KubevirtResource>> => {
      const [resource] = [...feed.items.values()];
      if (resource !== undefined && isSettled(resource) && !isBefore(resource, { version, ...wait }))
        return { done: true, value: inVersion(resource, version) };
      const state = componentState(watched);
      const causes = causesOf(state, resource);
      const lost = patience.lost(causes, scope.clock.nowMs);
      if (lost !== undefined) throw await withLastWords(lost, { client, scope, signal });
      return { done: false, saw: missingText(resource, state, causes) };
    },
  );
}

/** Of two builds that call themselves alike, the id of the deployment tells which one stands. */
function isBefore(
  { status }: KubevirtResource,
  { version, replaces }: Pick<ReadyWait, 'version' | 'replaces'>,
): boolean {
  const before = replaces?.status;
  if (before === undefined || status?.observedKubeVirtVersion !== before.observedKubeVirtVersion) return false;
  return (
    before.observedKubeVirtVersion !== version?.text || status?.observedDeploymentID === before.observedDeploymentID
  );
}

interface Asking {
  readonly client: KubeClient;
  readonly scope: Scope;
  readonly signal: AbortSignal;
}

async function withLastWords(cause: Cause, { client, scope, signal }: Asking): Promise<Error> {
  const log = cause.crashed && (await previousLog(client, cause.crashed, signal));
  for (const line of log ?? []) scope.log.detail(`${cause.crashed?.pod}: ${line}`);
  return causeError(cause, { lastWords: log && tellingLine(log) });
}

function inVersion(resource: KubevirtResource, version: ReadyWait['version']): KubevirtResource {
  const observed = resource.status?.observedKubeVirtVersion;
  if (version === undefined || observed === version.text) return resource;
  throw new ProductFailure(`KubeVirt reports ${observed}, not ${version.text}, after its installation`);
}
