import { InfraError } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import { isRefusal } from '../kube/errors.ts';
import { type KubeObject, objectKey, resourcePath } from '../kube/objects.ts';
import { RUN_LABEL } from '../kube/sweep.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import { driftText, hasOtherManager, madeBy } from './drift.ts';
import type { ManifestObject } from './manifest.ts';
import { fieldsOf, itemsOf, valueAt } from './record.ts';
import type { Made } from './uninstall.ts';

/** Where the definition of the KubeVirt resource stands. */
export const KUBEVIRT_CRD = definitionPath('kubevirts.kubevirt.io');
const ESTABLISHED_MS = 60_000;
/** What the others need comes first: names to stand in, kinds, rights, then what runs. Others keep their order. */
const ORDER = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'ServiceAccount',
  'ClusterRole',
  'Role',
  'ClusterRoleBinding',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
];
const LAST = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'APIService'];

/** What an installation applies with. */
export interface Api {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  /** The phase's: what goes on after its end would work against the undo. */
  readonly signal: AbortSignal;
  /** What is to be taken away again. */
  readonly made: Made[];
}

/** The objects in the order in which a cluster can take them. */
export function inOrder(objects: readonly ManifestObject[]): readonly ManifestObject[] {
  return [...objects].sort((a, b) => rank(a) - rank(b));
}

/**
 * Makes sure that nothing would be taken over: the undo would delete what somebody else had made. A namespace may be
 * there, with a pull secret in it for example. @throws InfraError naming what is there, whose it is, and where it differs.
 */
export async function refuseTaken(api: Api, objects: readonly ManifestObject[]): Promise<void> {
  const found = await Promise.all(objects.map(async (object) => ({ object, live: await liveOne(api, object) })));
  const foreign = found.flatMap(({ object, live }) =>
    live === undefined || isOurs(object, live) || object.kind === 'Namespace' ? [] : [{ object, live }],
  );
  const [first] = foreign;
  if (first === undefined) return;
  const { object, live } = first;
  const more = foreign.length > 1 ? `, and ${foreign.length - 1} more` : '';
  throw new InfraError(
    `the cluster already has ${nameOf(object)}${more}, which is not of this run: ${madeBy(live)}${await difference(api, object)}`,
    {
      hint: 'a KubeVirt was not taken away wholly, or is about to be installed: look who does that, and delete it first',
    },
  );
}

/**
 * Applies the object under our field manager, never by force. Twice does no harm.
 * @throws InfraError when somebody else owns a field of it (drift), or made it in the same moment.
 */
export async function applyObject(scope: Scope, api: Api, object: ManifestObject): Promise<void> {
  const { client, discovery, signal, made } = api;
  if (object.kind === 'Namespace' && (await isForeign(api, object))) {
    scope.log.info(`namespace ${object.metadata.name} is somebody else's: left as it is`);
    return;
  }
  const path = await discovery.pathOf(object, signal);
  const at = placeIn(made, object);
  // Before the request: its answer may never come.
  made[at] ??= { object };
  try {
    const live = await client.patch(path, object, { type: 'apply', strict: true, signal });
    if (made[at].uid === undefined && hasOtherManager(live)) await giveBack(api, { at, object, live });
    made[at] = { object, uid: live.metadata.uid };
  } catch (error) {
    if (!isRefusal(error, 409)) throw error;
    // A conflict is told before anything is written: one that we had not made is not ours.
    if (made[at]?.uid === undefined) made.splice(at, 1);
    const drift = driftText(error);
    if (drift === '') throw error;
    throw new InfraError(`${nameOf(object)} has drifted, and is not applied: ${drift}`, {
      cause: error,
      hint: 'somebody else changes what this run installs: find out who, or leave that field to them with --kubevirt-patches',
    });
  }
}

/** Waits until these kinds are served: only then objects of them can be made. */
export async function waitEstablished(scope: Scope, client: KubeClient, names: readonly string[]): Promise<void> {
  const limits = { scope, withinMs: ESTABLISHED_MS, everyMs: 250, blame: 'infra' as const };
  for (const name of names) {
    await until(`${name} is served`, limits, async (signal) => {
      const crd = await client.find(definitionPath(name), { signal });
      const conditions = itemsOf(valueAt(crd, ['status', 'conditions'])).map(fieldsOf);
      const told = (type: string) => conditions.find((each) => each.type === type);
      if (told('Established')?.status === 'True') return { done: true, value: undefined };
      const refused = told('NamesAccepted');
      const why = refused?.status === 'False' ? `: ${String(refused.message)}` : '';
      return { done: false, saw: crd === undefined ? 'no such definition' : `not Established${why}` };
    });
  }
}

interface Taken {
  readonly at: number;
  readonly object: ManifestObject;
  readonly live: KubeObject;
}

/** Somebody was faster by a moment: what we had put into theirs is taken out again. */
async function giveBack({ client, discovery, signal, made }: Api, { at, object, live }: Taken): Promise<never> {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  made.splice(at, 1);
  const nothing = { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
  await client.patch(await discovery.pathOf(object, signal), nothing, { type: 'apply', signal });
  throw new InfraError(`${nameOf(object)} was made by somebody else in the same moment: ${madeBy(live)}`, {
    hint: 'another installation of KubeVirt is at work: look who does that',
  });
}

/** Where the object differs from ours and who holds that, asked of the server without changing anything. */
async function difference({ client, discovery, signal }: Api, object: ManifestObject): Promise<string> {
  try {
    const path = await discovery.pathOf(object, signal);
    await client.patch(path, object, { type: 'apply', dryRun: true, signal });
    return '';
  } catch (error) {
    return isRefusal(error, 409) ? `; ${driftText(error)}` : '';
  }
}

async function liveOne({ client, discovery, signal }: Api, object: ManifestObject): Promise<KubeObject | undefined> {
  const path = await discovery.findPath(object, signal);
  return path === undefined ? undefined : await client.find(path, { signal });
}

async function isForeign(api: Api, object: ManifestObject): Promise<boolean> {
  const live = await liveOne(api, object);
  return live !== undefined && !isOurs(object, live);
}

function isOurs(object: ManifestObject, live: KubeObject): boolean {
  return live.metadata.labels?.[RUN_LABEL] === object.metadata.labels?.[RUN_LABEL];
}

function placeIn(made: readonly Made[], { apiVersion, kind, metadata }: ManifestObject): number {
  const key = objectKey({ metadata });
  const at = made.findIndex(
    ({ object }) => object.apiVersion === apiVersion && object.kind === kind && objectKey(object) === key,
  );
  return at === -1 ? made.length : at;
}

function rank({ kind }: ManifestObject): number {
  if (LAST.includes(kind)) return ORDER.length + 1;
  const at = ORDER.indexOf(kind);
  return at === -1 ? ORDER.length : at;
}

function nameOf({ kind, metadata }: ManifestObject): string {
  return `${kind} ${objectKey({ metadata })}`;
}

function definitionPath(name: string): string {
  return resourcePath({ apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions', name });
}
