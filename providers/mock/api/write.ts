import { admitMutating, admitValidating } from './admission/admit.ts';
import type { Attributes, Operation } from './admission/attributes.ts';
import { type Caller, type Core, timestamp } from './core.ts';
import { sameSent, withField } from './json.ts';
import { trackManagers } from './managers.ts';
import { metadataProblems, metadataUpdateProblems, withGeneratedName } from './metadata.ts';
import type { KubeObject, StatusCause } from './objects.ts';
import type { WriteOptions } from './options.ts';
import { asVersion } from './read.ts';
import type { ResourceType } from './resource-type.ts';
import { allocateForService, keepAllocated } from './services.ts';
import { alreadyExists, conflict, internal, invalid, notFound } from './status.ts';
import { type Key, storageKey } from './store.ts';
import { keyOf, type Target } from './target.ts';
import { validateSchema } from './validate-schema.ts';

/** Stores a new object after admission, defaults and validation. @throws ApiError. */
export async function createObject(
  core: Core,
  caller: Caller,
  write: {
    readonly target: Target;
    readonly object: KubeObject;
    readonly options: WriteOptions;
    readonly tracked?: boolean;
  },
): Promise<KubeObject> {
  const { target, options } = write;
  const { type } = target;
  if (write.object.metadata.resourceVersion)
    throw internal('resourceVersion should not be set on objects to be created');
  const managed = write.tracked ? write.object : trackManagers(core, caller, { target, object: write.object, options });
  const attributes = attributesOf(target, caller, options, 'CREATE', managed);
  const admitted = await admitMutating(core, caller, attributes);
  const fresh = withGeneratedName(prepared(core, target, admitted));
  const name = fresh.metadata.name ?? '';
  const causes = [...metadataProblems(type, fresh), ...validation(type, fresh)];
  if (causes.length > 0) throw invalid(type, name, causes);
  await admitValidating(core, caller, { ...attributes, name, object: fresh });
  const key = { ...keyOf(target), name };
  const taken = core.store.get(key);
  if (taken !== undefined) throw alreadyExists(type, name, taken.metadata.deletionTimestamp !== undefined);
  return options.dryRun ? fresh : core.store.create(key, fresh);
}

function prepared(core: Core, target: Target, object: KubeObject): KubeObject {
  const { type, namespace } = target;
  const { deletionTimestamp: _, deletionGracePeriodSeconds: __, ...metadata } = object.metadata;
  const fresh = type.strategy.prepareForCreate({
    ...object,
    metadata: {
      ...metadata,
      ...(type.namespaced ? { namespace } : {}),
      uid: crypto.randomUUID(),
      creationTimestamp: timestamp(core),
    },
  });
  return isService(type) ? allocateForService(core, fresh) : fresh;
}

function isService({ group, plural }: ResourceType): boolean {
  return group === '' && plural === 'services';
}

/** Computes the wanted object from the stored one; may be called again when another writer came between. */
export type Change = (old: KubeObject) => KubeObject | Promise<KubeObject>;

interface Update {
  readonly target: Target;
  readonly options: WriteOptions;
  readonly change: Change;
  /** A uid that the stored object must have, as PUT demands it. */
  readonly uid?: string | undefined;
  /** PUT of these types needs a resourceVersion. */
  readonly needsVersion?: boolean;
  readonly tracked?: boolean;
  /** A change of the system's own, e.g. a binding: neither prepared nor validated by the kind's strategy, nor booked. */
  readonly raw?: boolean;
}

/** Changes a stored object after admission and validation, and removes it when its last finalizer goes. @throws ApiError. */
export async function updateObject(core: Core, caller: Caller, update: Update): Promise<KubeObject> {
  for (let attempt = 0; ; attempt += 1) {
    const key = keyOf(update.target);
    const old = core.store.get(key);
    if (old === undefined) throw notFound(update.target.type, update.target.name);
    const seen = asVersion(update.target.type, old);
    const changed = await wantedObject(core, caller, update, seen);
    const wanted = changed === seen ? old : changed;
    const now = core.store.get(key);
    if (now === old) return update.options.dryRun ? wanted : stored(core, key, old, wanted);
    const unconditional = wanted.metadata.resourceVersion === old.metadata.resourceVersion && attempt < 5;
    if (now !== undefined && !unconditional) throw conflict(update.target.type, update.target.name);
  }
}

async function wantedObject(core: Core, caller: Caller, update: Update, old: KubeObject): Promise<KubeObject> {
  const { target } = update;
  const { type } = target;
  const changed = await update.change(old);
  checkVersion(update, changed, old);
  if (update.raw) return withSystemFields(type, changed, old);
  // To the kind's strategy a new scale is a change of the whole object.
  const part = target.subresource === 'scale' ? '' : target.subresource;
  const carried = type.strategy.prepareForUpdate(withSystemFields(type, changed, old), old, part);
  const managed = update.tracked
    ? carried
    : trackManagers(core, caller, { target, object: carried, old, options: update.options });
  const attributes = attributesOf(target, caller, update.options, 'UPDATE', managed, old);
  const admitted = await admitMutating(core, caller, attributes);
  const whole = type.strategy.prepareForUpdate(withSystemFields(type, admitted, old), old, part);
  const final = isService(type) ? keepAllocated(whole, old) : whole;
  const causes = updateProblems(type, final, old, part);
  if (causes.length > 0) throw invalid(type, target.name, causes);
  await admitValidating(core, caller, { ...attributes, object: final });
  // Stored in the version in which it lies there; versions differ by name only.
  const kept = { ...final, apiVersion: old.apiVersion };
  return isNoChange(kept, old) ? old : kept;
}

function checkVersion({ target, uid, needsVersion }: Update, changed: KubeObject, old: KubeObject): void {
  const { type, name } = target;
  if (uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
    const path = `/registry/${storageKey(type) === type.plural ? type.plural : `${type.group}/${type.plural}`}/${old.metadata.namespace ? `${old.metadata.namespace}/` : ''}${name}`;
    throw conflict(
      type,
      name,
      `StorageError: invalid object, Code: 4, Key: ${path}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  const version = changed.metadata.resourceVersion ?? '';
  if (version === '' || version === '0') {
    if (!needsVersion) return;
    const message = 'Invalid value: 0: must be specified for an update';
    const cause = { reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' };
    throw invalid({ group: type.group, kind: type.plural }, name, [cause]);
  }
  if (version !== old.metadata.resourceVersion) throw conflict(type, name);
}

// What the system owns is carried over from the stored object, whatever a client sends.
function withSystemFields(type: ResourceType, object: KubeObject, old: KubeObject): KubeObject {
  const { deletionTimestamp, deletionGracePeriodSeconds, generation, creationTimestamp, uid, resourceVersion } =
    old.metadata;
  const { deletionTimestamp: _a, deletionGracePeriodSeconds: _b, generation: _c, ...given } = object.metadata;
  return {
    ...object,
    kind: type.kind,
    metadata: {
      ...given,
      ...(old.metadata.namespace === undefined ? {} : { namespace: old.metadata.namespace }),
      ...(given.uid === undefined || given.uid === '' ? { uid: uid ?? '' } : {}),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(generation === undefined ? {} : { generation }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
}

function updateProblems(type: ResourceType, object: KubeObject, old: KubeObject, subresource: string) {
  const metadata = metadataUpdateProblems(type, object, old);
  // The generic store and the resource's own strategy both check metadata, and both say so.
  return [...metadata, ...metadata, ...validationUpdate(type, object, old, subresource)];
}

function validation(type: ResourceType, object: KubeObject): readonly StatusCause[] {
  const schema = type.custom ? validateSchema(object, type.schema) : [];
  return [...schema, ...type.strategy.validate(object)];
}

function validationUpdate(type: ResourceType, object: KubeObject, old: KubeObject, subresource: string) {
  const schema = type.custom ? validateSchema(object, type.schema) : [];
  return [...schema, ...type.strategy.validateUpdate(object, old, subresource)];
}

function isNoChange(object: KubeObject, old: KubeObject): boolean {
  return sameSent(withoutTimes(object), withoutTimes(old));
}

function withoutTimes(object: KubeObject): KubeObject {
  const managedFields = object.metadata.managedFields?.map(({ time: _, ...entry }) => entry);
  return withField(object, 'metadata', withField(object.metadata as never, 'managedFields', managedFields));
}

function stored(core: Core, key: Key, old: KubeObject, wanted: KubeObject): KubeObject {
  if (wanted === old) return old;
  if (isFinished(wanted)) {
    core.store.remove(key, wanted);
    return wanted;
  }
  return core.store.update(key, wanted);
}

function isFinished({ metadata, ...object }: KubeObject): boolean {
  if (metadata.deletionTimestamp === undefined || (metadata.finalizers ?? []).length > 0) return false;
  if (object.kind === 'Namespace' && object.apiVersion === 'v1') {
    return ((object.spec as { finalizers?: readonly string[] } | undefined)?.finalizers ?? []).length === 0;
  }
  return (metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

function attributesOf(
  target: Target,
  caller: Caller,
  { dryRun, fieldManager }: WriteOptions,
  operation: Operation,
  object: KubeObject,
  oldObject?: KubeObject,
): Attributes {
  return { ...target, operation, object, oldObject, dryRun, fieldManager, user: caller.user };
}
