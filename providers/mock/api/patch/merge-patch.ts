import { isObject } from '../json.ts';

/** Applies an RFC 7386 merge patch: objects are merged, nulls remove, everything else replaces. */
export function mergePatch(object: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(object) ? { ...object } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else setOwn(merged, name, mergePatch(Object.hasOwn(merged, name) ? merged[name] : undefined, value));
  }
  // Go writes what it merged with its fields in order, which shows where a refusal quotes the result.
  const names = Object.keys(merged).sort();
  const sorted: Record<string, unknown> = {};
  for (const name of names) setOwn(sorted, name, merged[name]);
  return sorted;
}

function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
