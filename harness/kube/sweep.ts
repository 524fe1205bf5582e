import type { Scope } from '../scope/scope.ts';
import { type Look, until } from '../scope/until.ts';
import type { KubeClient } from './client.ts';
import { isRefusal } from './errors.ts';
import { type KubeObject, objectKey, resourcePath } from './objects.ts';

/** The label that every object of a run carries; its value is the run's id. */
export const RUN_LABEL = 'sevlane/run';

/** An object that an earlier run had left behind and that is gone now. */
export interface Swept {
  readonly kind: string;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  /** The run that had left it. */
  readonly runId: string;
}

export interface SweepOptions {
  /** Our own run: its objects stay. */
  readonly runId: string;
  /** For each step of the sweep; default 180 s. */
  readonly stepWithinMs?: number;
}

interface Kind {
  readonly apiVersion: string;
  readonly plural: string;
}

const kinds = (apiVersion: string, ...plurals: readonly string[]): readonly Kind[] =>
  plurals.map((plural) => ({ apiVersion, plural }));

/** In this order: what needs KubeVirt to end, then KubeVirt, which needs its operator to end, then the operator. */
const GUESTS = kinds(
  'kubevirt.io/v1',
  'virtualmachines',
  'virtualmachineinstancereplicasets',
  'virtualmachineinstancemigrations',
  'virtualmachineinstances',
);
const WORKLOADS = [...kinds('batch/v1', 'jobs'), ...kinds('v1', 'pods', 'persistentvolumeclaims')];
const KUBEVIRT = kinds('kubevirt.io/v1', 'kubevirts');
const OPERATOR = [
  ...kinds('apps/v1', 'deployments', 'daemonsets'),
  ...kinds('admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations', 'mutatingwebhookconfigurations'),
  ...kinds('apiregistration.k8s.io/v1', 'apiservices'),
  ...kinds('v1', 'services', 'configmaps', 'secrets', 'serviceaccounts'),
  ...kinds('rbac.authorization.k8s.io/v1', 'rolebindings', 'clusterrolebindings', 'roles', 'clusterroles'),
  ...kinds('scheduling.k8s.io/v1', 'priorityclasses'),
  ...kinds('apiextensions.k8s.io/v1', 'customresourcedefinitions'),
];
const NAMESPACES = kinds('v1', 'namespaces');

/**
 * Removes whatever other runs left in the cluster, found by label. Only for the holder of the lease: nobody else is
 * at work then. @throws InfraError naming what does not go away and its finalizers.
 */
export async function sweepOtherRuns(
  scope: Scope,
  client: KubeClient,
  options: SweepOptions,
): Promise<readonly Swept[]> {
  const sweep: Sweep = {
    scope,
    client,
    selector: `${RUN_LABEL},${RUN_LABEL}!=${options.runId}`,
    withinMs: options.stepWithinMs ?? 180_000,
  };
  // The operator must live until its KubeVirt is gone, and with it the namespace that it runs in.
  const needed = new Set(
    [...(await listKinds(sweep, KUBEVIRT)), ...(await listKinds(sweep, kinds('apps/v1', 'deployments')))].map(
      ({ object }) => object.metadata.namespace ?? '',
    ),
  );
  return [
    ...(await removeAll(sweep, 'guests', GUESTS)),
    ...(await removeAll(sweep, 'workloads', WORKLOADS)),
    ...(await removeAll(sweep, 'namespaces', NAMESPACES, ({ metadata }) => !needed.has(metadata.name ?? ''))),
    ...(await removeAll(sweep, 'kubevirt', KUBEVIRT)),
    ...(await removeAll(sweep, 'operator', OPERATOR)),
    ...(await removeAll(sweep, 'namespaces of the operator', NAMESPACES)),
  ];
}

interface Sweep {
  readonly scope: Scope;
  readonly client: KubeClient;
  readonly selector: string;
  readonly withinMs: number;
}

interface Found {
  readonly kind: Kind;
  readonly object: KubeObject;
}

async function removeAll(
  sweep: Sweep,
  title: string,
  of: readonly Kind[],
  chosen: (object: KubeObject) => boolean = () => true,
): Promise<readonly Swept[]> {
  const list = async () => (await listKinds(sweep, of)).filter(({ object }) => chosen(object));
  const found = await list();
  if (found.length === 0) return [];
  const { scope, withinMs } = sweep;
  for (const { kind, object } of found) {
    scope.log.info(`sweeping ${kind.plural} "${objectKey(object)}", left by run ${runOf(object)}`);
    await remove(sweep, kind, object);
  }
  const limits = {
    scope,
    withinMs,
    everyMs: 1000,
    blame: 'infra',
    hint: 'look at the finalizers: whoever set them is not there to take them off',
  } as const;
  await until(`sweep of ${title} left by earlier runs`, limits, async (): Promise<Look<void>> => {
    const left = await list();
    return left.length === 0
      ? { done: true, value: undefined }
      : { done: false, saw: left.map(describeLeft).join(', ') };
  });
  return found.map(({ kind, object }) => ({ kind: kind.plural, key: objectKey(object), runId: runOf(object) }));
}

async function remove({ client, scope }: Sweep, kind: Kind, { metadata }: KubeObject): Promise<void> {
  const { namespace, name = '', uid } = metadata;
  const path = resourcePath({ ...kind, name, ...(namespace === undefined ? {} : { namespace }) });
  try {
    await client.delete(path, {
      signal: scope.signal,
      propagation: 'Background',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    });
  } catch (error) {
    // Somebody put another object in its place: that one is not left over.
    if (!isRefusal(error, 409)) throw error;
  }
}

async function listKinds({ client, scope, selector }: Sweep, of: readonly Kind[]): Promise<readonly Found[]> {
  const lists = await Promise.all(
    of.map(async (kind) => {
      try {
        const { items } = await client.list(resourcePath(kind), { signal: scope.signal, labelSelector: selector });
        return items.map((object) => ({ kind, object }));
      } catch (error) {
        // A cluster without KubeVirt does not serve its kinds.
        if (isRefusal(error, 404)) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}

function describeLeft({ kind, object }: Found): string {
  const finalizers = object.metadata.finalizers ?? [];
  return `${kind.plural} "${objectKey(object)}"${finalizers.length === 0 ? '' : ` (finalizers ${finalizers.join(', ')})`}`;
}

function runOf({ metadata }: KubeObject): string {
  return metadata.labels?.[RUN_LABEL] ?? '';
}
