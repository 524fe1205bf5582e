import type { KubeClient } from '../kube/client.ts';
import { type Discovery, discover } from '../kube/discovery.ts';
import { isRefusal } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { forceKubevirt, RUN_LABEL } from '../kube/sweep.ts';
import { takeAway } from '../kube/take-away.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { ManifestObject } from './manifest.ts';
import type { Condition } from './objects.ts';

interface Api {
  readonly client: KubeClient;
  readonly discovery: Discovery;
}

/** The undo that this is part of has its own, shorter bound. */
const GONE_MS = 600_000;
const LOOK_EVERY_MS = 250;

/** An object of the installation. */
export interface Made {
  readonly object: ManifestObject;
  /** What the server called it; undefined as long as no answer told whether it was made. */
  readonly uid?: string | undefined;
}

/**
 * Takes KubeVirt away: first its custom resource, until the operator has cleaned up after it, then the operator.
 * The other way round would leave webhooks that refuse the deletion. Absent things are fine: the installation may
 * have been cut short anywhere. `made` is what was created, or was about to be, in that order. What somebody else has
 * put in its place meanwhile is left alone. An operator that has not done its part after `forceAfterMs` is not waited
 * for any longer: what it should have done is done by force, and told; undefined never does that.
 */
export async function uninstall(
  scope: Scope,
  client: KubeClient,
  made: readonly Made[],
  { forceAfterMs }: { readonly forceAfterMs?: number | undefined } = {},
): Promise<void> {
  const api: Api = { client, discovery: discover(client) };
  const isResource = ({ object }: Made) => object.kind === 'KubeVirt';
  const others = made.filter((each) => !isResource(each)).reverse();
  for (const resource of made.filter(isResource)) await removeResource(scope, api, { resource, forceAfterMs });
  const going: Going[] = [];
  for (const each of others) going.push(await remove(scope, api, each));
  for (const each of going.reverse()) await waitGone(scope, api, each);
}

interface Removal {
  readonly resource: Made;
  readonly forceAfterMs: number | undefined;
}

async function removeResource(scope: Scope, api: Api, { resource, forceAfterMs }: Removal): Promise<void> {
  const { client, discovery } = api;
  const { object, uid: known } = resource;
  const path = await discovery.findPath(object, scope.signal);
  if (path === undefined) return;
  const uid = known ?? ownUid(object, await client.find(path, { signal: scope.signal }));
  const kind = { apiVersion: object.apiVersion, plural: 'kubevirts' };
  await takeAway(scope, client, {
    goal: `${object.kind} ${object.metadata.name} gone`,
    withinMs: GONE_MS,
    patientMs: forceAfterMs ?? GONE_MS,
    force: forceKubevirt(client, GONE_MS),
    async list(signal) {
      const found = await client.find(path, { signal });
      return found === undefined || found.metadata.uid !== uid ? [] : [{ kind, path, object: found }];
    },
  });
}

/** An object that is being deleted; one without a uid was not ours, or not there. */
type Going = Made;

async function remove(scope: Scope, { client, discovery }: Api, { object, uid: known }: Made): Promise<Going> {
  const { signal } = scope;
  const path = await discovery.findPath(object, signal);
  if (path === undefined) return { object };
  const uid = known ?? ownUid(object, await client.find(path, { signal }));
  if (uid === undefined) return { object };
  try {
    return (await client.delete(path, { signal, preconditions: { uid } })) ? { object, uid } : { object };
  } catch (error) {
    // Somebody put another object in its place.
    if (!isRefusal(error, 409)) throw error;
    return { object };
  }
}

/** Nobody told whether the object is ours: the label of the run does. */
function ownUid(object: ManifestObject, found: KubeObject | undefined): string | undefined {
  return found?.metadata.labels?.[RUN_LABEL] === object.metadata.labels?.[RUN_LABEL] ? found?.metadata.uid : undefined;
}

async function waitGone(scope: Scope, { client, discovery }: Api, { object, uid }: Going): Promise<void> {
  if (uid === undefined) return;
  const limits = { scope, withinMs: GONE_MS, everyMs: LOOK_EVERY_MS, blame: 'infra' as const };
  await until(`${object.kind} ${object.metadata.name} gone`, limits, async (signal) => {
    const path = await discovery.findPath(object, signal);
    const found = path === undefined ? undefined : await client.find(path, { signal });
    if (found === undefined || found.metadata.uid !== uid) return { done: true, value: undefined };
    const finalizers = found.metadata.finalizers ?? [];
    const held = finalizers.length === 0 ? '' : `, finalizers ${finalizers.join(', ')}`;
    return { done: false, saw: `still there${held}${remaining(found)}` };
  });
}

/** What still holds a namespace, in the words of the API server's own controller. */
function remaining({ status }: KubeObject): string {
  const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly Condition[] };
  const held = conditions.filter((each) => each.status === 'True' && /Remaining|Failure/.test(each.type));
  return held.map(({ type, message = '' }) => `, ${type}: ${message}`).join('');
}
