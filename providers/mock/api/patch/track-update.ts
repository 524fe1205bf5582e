import { wholeSchema } from '../kinds/meta.ts';
import type { KubeObject, ManagedFieldsEntry } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { isEmptySet, union } from './field-set.ts';
import { identityOf, type Manager, readManagers, writeManagers } from './managers.ts';
import { afterChange, emptyObject, managedPart, withManagers, withoutManagers } from './ownership.ts';
import { compareTyped } from './typed.ts';

/** A write that is not server-side apply. */
export interface UpdateToTrack {
  /** Undefined for a create. */
  readonly old: KubeObject | undefined;
  /** Before admission and before the system fills in fields of its own: those belong to nobody. */
  readonly next: KubeObject;
  readonly manager: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
  readonly type: ResourceType;
}

/** Brings managedFields up to date: what the write changed becomes its manager's, and nobody else's. */
export function trackUpdate({ old, next, manager, subresource, time, type }: UpdateToTrack): KubeObject {
  const apiVersion = next.apiVersion;
  const given = managersBefore(old, next, subresource);
  const before = old === undefined ? emptyObject(type) : withoutManagers({ ...old, apiVersion, kind: next.kind });
  const comparison = compareTyped(before, withoutManagers(next), wholeSchema(type.schema));
  const who = { manager, operation: 'Update' as const, apiVersion, subresource };
  const managers = afterChange(given, '', comparison);
  const mine = managedPart(union(comparison.modified, comparison.added), type, subresource);
  if (!isEmptySet(mine)) {
    const id = identityOf(who);
    const known = managers.get(id);
    // The scale subresource is booked by its own handler, which tells no time.
    const told = subresource === 'scale' ? {} : { time };
    const entry: Manager = { ...who, ...told, fields: known === undefined ? mine : union(known.fields, mine) };
    managers.set(id, entry);
  }
  return withManagers(next, writeManagers(managers));
}

/** A client may write managedFields itself; a single empty entry resets them, none at all means as they were. */
function managersBefore(old: KubeObject | undefined, next: KubeObject, subresource: string): Map<string, Manager> {
  const given = next.metadata.managedFields ?? [];
  const live = old?.metadata.managedFields ?? [];
  if (subresource !== '') return readManagers(live);
  if (given.length === 1 && isReset(given[0])) return new Map();
  const managers = readManagers(given.filter((entry) => entry.fieldsType === 'FieldsV1'));
  return managers.size === 0 ? readManagers(live) : managers;
}

function isReset(entry: ManagedFieldsEntry | undefined): boolean {
  return (
    entry !== undefined && Object.values(entry).every((value) => value === undefined || value === '' || value === null)
  );
}
