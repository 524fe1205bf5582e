import type { KubeClient } from '../kube/client.ts';
import { type Discovery, discover } from '../kube/discovery.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { ManifestObject } from './manifest.ts';

interface Api {
  readonly client: KubeClient;
  readonly discovery: Discovery;
}

/** The undo that this is part of has its own, shorter bound. */
const GONE_MS = 600_000;
const LOOK_EVERY_MS = 250;

/**
 * Takes KubeVirt away: first its custom resource, until the operator has cleaned up after it, then the operator.
 * The other way round would leave webhooks that refuse the deletion. Absent things are fine: the installation may
 * have been cut short anywhere. `made` is what was created, or was about to be, in that order.
 */
export async function uninstall(scope: Scope, client: KubeClient, made: readonly ManifestObject[]): Promise<void> {
  const discovery = discover(client);
  const isResource = ({ kind }: ManifestObject) => kind === 'KubeVirt';
  const objects = made.filter((each) => !isResource(each));
  for (const resource of made.filter(isResource)) await deleteAndWait(scope, { client, discovery }, resource);
  for (const object of [...objects].reverse()) {
    const path = await discovery.findPath(object, scope.signal);
    if (path !== undefined) await client.delete(path, { signal: scope.signal });
  }
  for (const object of objects) await waitGone(scope, { client, discovery }, object);
}

async function deleteAndWait(scope: Scope, { client, discovery }: Api, object: ManifestObject): Promise<void> {
  const path = await discovery.findPath(object, scope.signal);
  if (path !== undefined && (await client.delete(path, { signal: scope.signal })))
    await waitGone(scope, { client, discovery }, object);
}

async function waitGone(scope: Scope, { client, discovery }: Api, object: ManifestObject): Promise<void> {
  const limits = { scope, withinMs: GONE_MS, everyMs: LOOK_EVERY_MS, blame: 'infra' as const };
  await until(`${object.kind} ${object.metadata.name} gone`, limits, async (signal) => {
    const path = await discovery.findPath(object, signal);
    const found = path === undefined ? undefined : await client.find(path, { signal });
    if (found === undefined) return { done: true, value: undefined };
    const finalizers = found.metadata.finalizers ?? [];
    return { done: false, saw: `still there${finalizers.length === 0 ? '' : `, finalizers ${finalizers.join(', ')}`}` };
  });
}
