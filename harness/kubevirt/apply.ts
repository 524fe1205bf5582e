import { InfraError } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import { isRefusal } from '../kube/errors.ts';
import { resourcePath } from '../kube/objects.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import type { ManifestObject } from './manifest.ts';
import type { Made } from './uninstall.ts';

/** Where the definition of the KubeVirt resource stands. */
export const KUBEVIRT_CRD = resourcePath({
  apiVersion: 'apiextensions.k8s.io/v1',
  plural: 'customresourcedefinitions',
  name: 'kubevirts.kubevirt.io',
});
const ESTABLISHED_MS = 60_000;

/** What an installation applies with. */
export interface Api {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  /** The phase's: what goes on after its end would work against the undo. */
  readonly signal: AbortSignal;
  /** What is to be taken away again. */
  readonly made: Made[];
}

/** Creates the object and never takes over one that is there: the undo would delete what somebody else had made. */
export async function make({ client, discovery, signal, made }: Api, object: ManifestObject): Promise<void> {
  const { kind, metadata } = object;
  const { name: _, ...place } = metadata;
  const collection = await discovery.pathOf({ ...object, metadata: place }, signal);
  made.push({ object });
  try {
    const { metadata: told } = await client.create(collection, object, { signal });
    made[made.length - 1] = { object, uid: told.uid };
  } catch (error) {
    if (!isRefusal(error, 409)) throw error;
    made.pop();
    // Somebody may have prepared it, with a pull secret in it for example.
    if (kind === 'Namespace') return;
    throw new InfraError(`the cluster already has ${kind} ${metadata.name}, which is not of this run`, {
      cause: error,
      hint: 'a KubeVirt was not taken away wholly, or is about to be installed: look who does that, and delete it first',
    });
  }
}

/** Waits until the KubeVirt resource is served. */
export async function waitEstablished(scope: Scope, client: KubeClient): Promise<void> {
  const limits = { scope, withinMs: ESTABLISHED_MS, everyMs: 250, blame: 'infra' as const };
  await until('kubevirts.kubevirt.io is served', limits, async (signal) => {
    const crd = await client.find(KUBEVIRT_CRD, { signal });
    const conditions = record(crd?.status).conditions;
    const established =
      Array.isArray(conditions) &&
      conditions.some((each) => record(each).type === 'Established' && record(each).status === 'True');
    return established ? { done: true, value: undefined } : { done: false, saw: 'not Established' };
  });
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
