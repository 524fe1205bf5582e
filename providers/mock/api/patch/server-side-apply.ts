import { isObject, type Json } from '../json.ts';
import { wholeSchema } from '../kinds/meta.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import type { Schema } from '../schema.ts';
import {
  difference,
  type FieldSet,
  intersection,
  isEmptySet,
  NO_FIELDS,
  pathsOf,
  pathText,
  union,
} from './field-set.ts';
import { identityOf, type Manager, readManagers, writeManagers } from './managers.ts';
import {
  afterChange,
  emptyObject,
  managedPart,
  sameContent,
  type Touched,
  touchedFields,
  withManagers,
  withoutManagers,
} from './ownership.ts';
import { compareTyped, fieldsOf, typingProblems } from './typed.ts';
import { mergeTyped, removeFields, withNamedFields } from './typed-merge.ts';

/** A configuration to apply. */
export interface ApplyRequest {
  /** Undefined if the object is not there yet. */
  readonly live: KubeObject | undefined;
  readonly applied: KubeObject;
  readonly manager: string;
  readonly force: boolean;
  readonly type: ResourceType;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

/** The object, still to be defaulted and validated; or why not. */
export type ApplyResult =
  | { readonly object: KubeObject }
  | { readonly conflicts: readonly StatusCause[]; readonly message: string }
  | { readonly refusal: { readonly code: number; readonly reason?: string; readonly message: string } };

/** Applies a configuration for a field manager: merged into the live object, with what it no longer names taken out. */
export function applyPatch(request: ApplyRequest): ApplyResult {
  const { applied, type, manager, subresource, time } = request;
  if (applied.metadata?.managedFields !== undefined) {
    return { refusal: { code: 400, reason: 'BadRequest', message: 'metadata.managedFields must be nil' } };
  }
  const schema = wholeSchema(type.schema);
  const problems = typingProblems(applied, schema);
  if (problems.length > 0) return { refusal: { code: 500, message: untypedText(request, problems) } };
  const who = { manager, operation: 'Apply' as const, apiVersion: applied.apiVersion, subresource };
  const self = identityOf(who);
  const live = request.live === undefined ? emptyObject(type) : withoutManagers(request.live);
  const managers = managersBefore(request, live);
  const last = managers.get(self);
  const fields = managedPart(fieldsOf(applied, schema), type, subresource);
  managers.set(self, { ...who, time: last?.time, fields });
  const merged = mergeTyped(live, applied, schema) as Json;
  const next = takenOut(merged, { managers, last: last?.fields ?? NO_FIELDS, schema }) as Json;
  const comparison = compareTyped(live, next, schema);
  const touched = touchedFields(managers, self, comparison);
  if (touched.length > 0 && !request.force) return conflictResult(touched);
  const left = afterChange(managers, self, comparison);
  const changed = request.live === undefined || !sameContent(live, next);
  if (changed && left.has(self)) left.set(self, { ...who, time, fields });
  return { object: withManagers(withIdentity(next, request), writeManagers(left)) };
}

function untypedText({ applied, type }: ApplyRequest, problems: readonly string[]): string {
  const name = `${applied.metadata?.namespace ?? ''}/${applied.metadata?.name ?? ''}`;
  const version = `${type.group}/${type.version}, Kind=${type.kind}`;
  const [first] = problems;
  const text = problems.length === 1 ? first : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  return `failed to create typed patch object (${name}; ${version}): ${text}`;
}

/** An object that nobody has managed so far gets one manager for what it holds. */
function managersBefore({ live, applied, type }: ApplyRequest, content: Json): Map<string, Manager> {
  const managers = readManagers(live?.metadata.managedFields ?? []);
  if (managers.size > 0 || live === undefined) return managers;
  const { added, modified } = compareTyped(emptyObject(type), content, wholeSchema(type.schema));
  const fields = managedPart(union(added, modified), type, '');
  if (isEmptySet(fields)) return managers;
  const who = {
    manager: 'before-first-apply',
    operation: 'Update' as const,
    apiVersion: applied.apiVersion,
    subresource: '',
  };
  return new Map([[identityOf(who), { ...who, fields }]]);
}

interface TakingOut {
  readonly managers: ReadonlyMap<string, Manager>;
  /** What the manager applied before. */
  readonly last: FieldSet;
  readonly schema: Schema;
}

/** Removes what the manager applied before, applies no longer and shares with nobody. */
function takenOut(merged: Json, { managers, last, schema }: TakingOut): unknown {
  if (isEmptySet(last)) return merged;
  const named = (set: FieldSet) => withNamedFields(set, schema);
  const all = named(fieldsOf(merged, schema));
  const managed = [...managers.values()].reduce((sum, manager) => union(sum, manager.fields), NO_FIELDS);
  const kept = (value: unknown) => named(fieldsOf(value ?? {}, schema));
  const bare = removeFields(merged, named(last), schema);
  const owned = removeFields(merged, difference(all, union(kept(bare), named(managed))), schema);
  const dangling = intersection(difference(all, kept(owned)), named(last));
  return removeFields(merged, dangling, schema) ?? {};
}

/** Name and kind stay whatever happens to the rest. */
function withIdentity(next: Json, { live, applied, type }: ApplyRequest): KubeObject {
  const metadata = isObject(next.metadata) ? next.metadata : {};
  const name = live?.metadata.name ?? applied.metadata.name;
  return {
    ...next,
    apiVersion: applied.apiVersion,
    kind: type.kind,
    metadata: { ...metadata, ...(name === undefined ? {} : { name }) },
  };
}

function conflictResult(touched: readonly Touched[]): ApplyResult {
  const all = touched.flatMap(({ manager, fields }) =>
    pathsOf(fields).map((path) => ({ who: managerText(manager), field: pathText(path) })),
  );
  const conflicts = all.map(({ who, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field,
  }));
  const [only] = all;
  if (all.length === 1 && only !== undefined) {
    return { conflicts, message: `Apply failed with 1 conflict: conflict with ${only.who}: ${only.field}` };
  }
  const lines = [...new Set(all.map(({ who }) => who))]
    .sort()
    .flatMap((who) => [
      `conflicts with ${who}:`,
      ...all.filter((one) => one.who === who).map((one) => `- ${one.field}`),
    ]);
  return { conflicts, message: `Apply failed with ${all.length} conflicts: ${lines.join('\n')}` };
}

function managerText(manager: Manager): string {
  const name = JSON.stringify(manager.manager);
  const through = manager.subresource === '' ? name : `${name} with subresource ${JSON.stringify(manager.subresource)}`;
  return manager.operation === 'Update' ? `${through} using ${manager.apiVersion}` : through;
}
