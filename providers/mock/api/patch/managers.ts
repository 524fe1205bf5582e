import type { ManagedFieldsEntry } from '../objects.ts';
import { type FieldSet, isEmptySet, NO_FIELDS, readFields, union, writeFields } from './field-set.ts';

/** Who manages which fields: one entry of managedFields, read. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time?: string | undefined;
  readonly fields: FieldSet;
}

const MOST_UPDATERS = 10;

/** The name under which an entry is found again: appliers are the same in every version. */
export function identityOf(manager: Omit<Manager, 'fields' | 'time'>): string {
  const version = manager.operation === 'Apply' ? '' : manager.apiVersion;
  return JSON.stringify([manager.manager, manager.operation, version, manager.subresource]);
}

/** Reads managedFields; entries of one identity become one. */
export function readManagers(entries: readonly ManagedFieldsEntry[]): Map<string, Manager> {
  const managers = new Map<string, Manager>();
  for (const entry of entries) {
    const manager: Manager = {
      manager: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time ?? undefined,
      fields: readFields(entry.fieldsV1),
    };
    const id = identityOf(manager);
    const known = managers.get(id);
    managers.set(id, known === undefined ? manager : { ...manager, fields: union(known.fields, manager.fields) });
  }
  return managers;
}

/** Writes managedFields: appliers first, then by time, name, version and subresource; empty entries are gone. */
export function writeManagers(managers: ReadonlyMap<string, Manager>): readonly ManagedFieldsEntry[] {
  return capped([...managers.values()].filter((manager) => !isEmptySet(manager.fields)))
    .sort(inOrder)
    .map((manager) => ({
      manager: manager.manager,
      operation: manager.operation,
      apiVersion: manager.apiVersion,
      ...(manager.time === undefined ? {} : { time: manager.time }),
      fieldsType: 'FieldsV1' as const,
      fieldsV1: writeFields(manager.fields),
      ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
    }));
}

/** More than ten updaters: the oldest are thrown together, by version. */
function capped(managers: readonly Manager[]): Manager[] {
  const updaters = managers.filter((manager) => manager.operation === 'Update').sort(inOrder);
  const surplus = updaters.length - MOST_UPDATERS;
  if (surplus <= 0) return [...managers];
  const old = updaters.slice(0, surplus + 1);
  const ancient = new Map<string, Manager>();
  for (const manager of old) {
    const known = ancient.get(manager.apiVersion);
    const fields = union(known?.fields ?? NO_FIELDS, manager.fields);
    ancient.set(manager.apiVersion, { ...manager, manager: 'ancient-changes', subresource: '', fields });
  }
  return [...managers.filter((manager) => !old.includes(manager)), ...ancient.values()];
}

function inOrder(a: Manager, b: Manager): number {
  return (
    compare(a.operation, b.operation) ||
    secondsOf(a.time) - secondsOf(b.time) ||
    compare(a.manager, b.manager) ||
    compare(a.apiVersion, b.apiVersion) ||
    compare(a.subresource, b.subresource)
  );
}

function secondsOf(time: string | undefined): number {
  return time === undefined ? 0 : Math.trunc(Date.parse(time) / 1000);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
