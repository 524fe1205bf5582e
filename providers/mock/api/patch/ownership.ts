import { zeroOf } from '../go-shape.ts';
import { isObject, type Json, sameJson } from '../json.ts';
import { wholeSchema } from '../kinds/meta.ts';
import type { KubeObject, ManagedFieldsEntry } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { difference, type FieldSet, intersection, isEmptySet, union, without } from './field-set.ts';
import type { Manager } from './managers.ts';
import type { Comparison } from './typed.ts';

// Fields that nobody manages: identity and what the server keeps itself.
const UNMANAGED: readonly (readonly string[])[] = [
  ['f:apiVersion'],
  ['f:kind'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['f:metadata', `f:${name}`]),
];

/** The set without what nobody manages and what this way of writing does not change. */
export function managedPart(set: FieldSet, type: ResourceType, subresource: string): FieldSet {
  const rest = without(set, [...UNMANAGED, ...resetFields(type, subresource)]);
  return { members: new Set([...rest.members].filter((element) => element !== 'f:metadata')), children: rest.children };
}

/** What a write to the object or to a subresource of it leaves as it was. */
function resetFields(type: ResourceType, subresource: string): readonly (readonly string[])[] {
  if (!type.subresources.includes('status')) return [];
  if (subresource !== 'status') return [['f:status']];
  const others = Object.keys(type.schema.properties ?? {}).filter((name) => name !== 'status');
  const metadata = type.custom || type.group === 'apiextensions.k8s.io' ? [['f:metadata']] : [];
  return [...others.map((name) => [`f:${name}`]), ...metadata];
}

/** What stands before the first write: an object with the zero values that JSON shows. */
export function emptyObject(type: ResourceType): Json {
  return type.custom ? {} : (zeroOf(wholeSchema(type.schema)) as Json);
}

/** The object without its managedFields, as it is compared. */
export function withoutManagers(object: Json): Json {
  if (!isObject(object.metadata) || object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The object with these managedFields. */
export function withManagers(object: KubeObject, entries: readonly ManagedFieldsEntry[]): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries } };
}

/** A field of somebody else that a change would touch. */
export interface Touched {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** The fields of all managers but one that a change modifies or adds to. */
export function touchedFields(
  managers: ReadonlyMap<string, Manager>,
  self: string,
  { added, modified }: Comparison,
): readonly Touched[] {
  const changed = union(modified, added);
  return [...managers].flatMap(([id, manager]) => {
    if (id === self) return [];
    const fields = intersection(manager.fields, changed);
    return isEmptySet(fields) ? [] : [{ manager, fields }];
  });
}

/** The managers after a change by one of them: what it changed or removed is no longer anybody else's. */
export function afterChange(
  managers: ReadonlyMap<string, Manager>,
  self: string,
  { added, modified, removed }: Comparison,
): Map<string, Manager> {
  const gone = union(union(modified, added), removed);
  const left = new Map<string, Manager>();
  for (const [id, manager] of managers) {
    const fields = id === self ? manager.fields : difference(manager.fields, gone);
    if (!isEmptySet(fields)) left.set(id, { ...manager, fields });
  }
  return left;
}

/** True if nothing but managedFields differs. */
export function sameContent(a: Json, b: Json): boolean {
  return sameJson(withoutManagers(a), withoutManagers(b));
}
