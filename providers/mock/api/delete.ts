import { admitWithoutObject } from './admission/admit.ts';
import type { Attributes } from './admission/attributes.ts';
import { type Caller, type Core, rfc3339 } from './core.ts';
import { terminatingStatus } from './crds.ts';
import { isObject } from './json.ts';
import type { KubeObject, StatusCause } from './objects.ts';
import { dryRunProblems, unsupported } from './options.ts';
import type { RequestInfo } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import { conflict, invalidOptions, notFound } from './status.ts';
import { keyOf, type Target } from './target.ts';

/** What a DELETE asks for, from its body and its query; the body wins where both speak. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds: number | undefined;
  readonly propagationPolicy: string | undefined;
  readonly orphanDependents: boolean | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/** Reads and checks delete options. @throws ApiError 422. */
export function deleteOptions({ query }: RequestInfo, body: unknown): DeleteOptions {
  const given = isObject(body) ? body : {};
  const preconditions = isObject(given.preconditions) ? given.preconditions : {};
  const grace = given.gracePeriodSeconds ?? query.get('gracePeriodSeconds') ?? undefined;
  const policy = text(given.propagationPolicy ?? query.get('propagationPolicy') ?? undefined);
  const dryRun = Array.isArray(given.dryRun) ? given.dryRun.map(String) : query.getAll('dryRun');
  const orphan = given.orphanDependents ?? query.get('orphanDependents') ?? undefined;
  const problems: readonly StatusCause[] = [...policyProblems(policy), ...dryRunProblems(dryRun)];
  if (problems.length > 0) throw invalidOptions('DeleteOptions', problems);
  return {
    dryRun: dryRun.includes('All'),
    gracePeriodSeconds: grace === undefined ? undefined : Number(grace),
    propagationPolicy: policy,
    orphanDependents: orphan === undefined ? undefined : orphan === true || orphan === 'true',
    uid: text(preconditions.uid),
    resourceVersion: text(preconditions.resourceVersion),
  };
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

function policyProblems(policy: string | undefined): readonly StatusCause[] {
  if (policy === undefined || POLICIES.includes(policy)) return [];
  return [unsupported('propagationPolicy', policy, [...POLICIES, 'nil'])];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** How a deletion ended: `gone`, or the object waits for its finalizers, its kubelet or its namespace's emptiness. */
export interface Deletion {
  readonly gone: boolean;
  readonly object: KubeObject;
}

/** Deletes one object the way its kind is deleted. @throws ApiError 403, 404 or 409. */
export async function deleteObject(
  core: Core,
  caller: Caller,
  request: { readonly target: Target; readonly options: DeleteOptions },
): Promise<Deletion> {
  const { target, options } = request;
  const key = keyOf(target);
  const found = core.store.get(key);
  if (found === undefined) throw notFound(target.type, target.name);
  checkPreconditions(target.type, found, options);
  await admitWithoutObject(core, caller, attributes(target, caller, options, found));
  const current = core.store.get(key);
  if (current === undefined) throw notFound(target.type, target.name);
  const marked = deletionOf(core, target.type, current, options);
  if (options.dryRun) return marked;
  if (marked.gone) return { gone: true, object: core.store.remove(key, marked.object) };
  return marked.object === current ? marked : { gone: false, object: core.store.update(key, marked.object) };
}

function attributes(target: Target, caller: Caller, options: DeleteOptions, oldObject: KubeObject): Attributes {
  const { dryRun } = options;
  return { ...target, operation: 'DELETE', object: undefined, oldObject, dryRun, fieldManager: '', user: caller.user };
}

function checkPreconditions({ kind, group }: ResourceType, { metadata }: KubeObject, options: DeleteOptions): void {
  const subject = { group, plural: kind };
  const name = metadata.name ?? '';
  if (options.uid !== undefined && options.uid !== metadata.uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(subject, name, why);
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(subject, name, why);
  }
}

function deletionOf(core: Core, type: ResourceType, object: KubeObject, options: DeleteOptions): Deletion {
  if (type.group === '' && type.plural === 'namespaces') return namespaceDeletion(core, object);
  if (type.group === 'apiextensions.k8s.io' && type.plural === 'customresourcedefinitions') {
    return crdDeletion(core, object);
  }
  const finalizers = finalizersFor(object, options);
  const grace = graceOf(type, object, options);
  const { metadata } = object;
  const waitsForKubelet = grace > 0;
  if (!waitsForKubelet && finalizers.length === 0) {
    return { gone: true, object: marked(core, type, object, { grace: 0, finalizers }) };
  }
  const shortened = grace < (metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY);
  const sameFinalizers = finalizers.length === (metadata.finalizers ?? []).length;
  if (metadata.deletionTimestamp !== undefined && !shortened && sameFinalizers) return { gone: false, object };
  return { gone: false, object: marked(core, type, object, { grace, finalizers }) };
}

function marked(
  core: Core,
  type: ResourceType,
  object: KubeObject,
  { grace, finalizers }: { readonly grace: number; readonly finalizers: readonly string[] },
): KubeObject {
  const { metadata } = object;
  const first = metadata.deletionTimestamp === undefined;
  const { finalizers: _, ...rest } = metadata;
  const deletionTimestamp = rfc3339(new Date(core.clock.now().getTime() + grace * 1000));
  // The real server counts a generation for the marking, where the kind counts generations at all.
  const generation = metadata.generation === undefined ? {} : { generation: metadata.generation + (first ? 1 : 0) };
  return {
    ...object,
    metadata: {
      ...rest,
      ...generation,
      deletionTimestamp: first || type.plural === 'pods' ? deletionTimestamp : (metadata.deletionTimestamp ?? ''),
      deletionGracePeriodSeconds: grace,
      ...(finalizers.length === 0 ? {} : { finalizers }),
    },
  };
}

function finalizersFor({ metadata }: KubeObject, options: DeleteOptions): readonly string[] {
  const { propagationPolicy: policy, orphanDependents } = options;
  const kept = metadata.finalizers ?? [];
  if (policy === undefined && orphanDependents === undefined) return kept;
  const others = kept.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  if (policy === 'Orphan' || orphanDependents === true) return [...others, 'orphan'];
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
}

// Only pods are deleted gracefully, and only while a kubelet may still run them.
function graceOf(type: ResourceType, object: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (type.group !== '' || type.plural !== 'pods') return 0;
  const spec = object.spec as { nodeName?: string; terminationGracePeriodSeconds?: number } | undefined;
  const phase = (object.status as { phase?: string } | undefined)?.phase;
  const asked = gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30;
  const already = object.metadata.deletionGracePeriodSeconds;
  if (!spec?.nodeName || phase === 'Failed' || phase === 'Succeeded') return 0;
  const grace = Math.max(asked, 0);
  return already === undefined ? grace : Math.min(already, grace);
}

function namespaceDeletion(core: Core, object: KubeObject): Deletion {
  const spec = (object.spec ?? {}) as { readonly finalizers?: readonly string[] };
  const waits = (spec.finalizers ?? []).length > 0 || (object.metadata.finalizers ?? []).length > 0;
  if (object.metadata.deletionTimestamp !== undefined) return { gone: !waits, object };
  const metadata = { ...object.metadata, deletionTimestamp: rfc3339(core.clock.now()) };
  const status = { ...((object.status ?? {}) as object), phase: 'Terminating' };
  return { gone: !waits, object: { ...object, metadata, status } };
}

const CRD_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

function crdDeletion(core: Core, object: KubeObject): Deletion {
  const finalizers = object.metadata.finalizers ?? [];
  if (object.metadata.deletionTimestamp !== undefined) return { gone: finalizers.length === 0, object };
  const metadata = {
    ...object.metadata,
    deletionTimestamp: rfc3339(core.clock.now()),
    finalizers: finalizers.includes(CRD_FINALIZER) ? finalizers : [...finalizers, CRD_FINALIZER],
  };
  return { gone: false, object: terminatingStatus(core, { ...object, metadata }) };
}
