import { isObject, type Json } from './json.ts';
import { objectMetaSchema } from './kinds/meta.ts';
import type { Schema } from './schema.ts';
import { rememberSettled } from './settled.ts';

/** An object without the fields that its schema does not know, and the paths of these, in the order they stood in. */
export interface Pruned<T> {
  readonly object: T;
  readonly unknownFields: readonly string[];
}

/** Drops what the schema does not know. The root's apiVersion, kind and metadata need not be in the schema. */
export function prune<T extends Json>(object: T, schema: Schema): Pruned<T> {
  const unknownFields: string[] = [];
  const pruned = pruneObject(object, schema, { path: '', resource: true, unknownFields });
  return { object: pruned as T, unknownFields };
}

/** Fills in the schema's defaults and drops nulls where they may not be, as apiextensions does for custom resources. */
export function applyDefaults<T extends Json>(object: T, schema: Schema): T {
  return defaultObject(object, schema) as T;
}

interface Place {
  readonly path: string;
  /** True for the object itself and embedded ones: apiVersion, kind and metadata are known there. */
  readonly resource: boolean;
  readonly unknownFields: string[];
}

const TYPE_META: Readonly<Record<string, Schema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: objectMetaSchema,
};

function pruneValue(value: unknown, schema: Schema, place: Place): unknown {
  const { items } = schema;
  if (Array.isArray(value)) {
    if (items === undefined) return value;
    const resource = items['x-kubernetes-embedded-resource'] === true;
    const { path, unknownFields } = place;
    return mapped(value, (item, index) =>
      pruneValue(item, items, { path: `${path}[${index}]`, resource, unknownFields }),
    );
  }
  return isObject(value) ? pruneObject(value, schema, place) : value;
}

/** As `map`, but the list itself when every item stays. */
function mapped(list: readonly unknown[], change: (item: unknown, index: number) => unknown): readonly unknown[] {
  const changed = list.map(change);
  return changed.every((item, index) => item === list[index]) ? list : changed;
}

/** Below the objects that carry their own type, where apiVersion, kind and metadata are known besides. */
const PRUNED = rememberSettled<Schema>();

function pruneObject(object: Json, schema: Schema, place: Place): Json {
  if (!place.resource && PRUNED.has(object, schema)) return object;
  const { properties, additionalProperties } = schema;
  const { unknownFields } = place;
  const kept: Record<string, unknown> = {};
  let isWhole = true;
  for (const [name, value] of Object.entries(object)) {
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const known =
      (place.resource ? TYPE_META[name] : undefined) ??
      (properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined) ??
      (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known !== undefined) {
      const resource = known['x-kubernetes-embedded-resource'] === true;
      const pruned = typeof value === 'object' ? pruneValue(value, known, { path, resource, unknownFields }) : value;
      if (pruned !== value) isWhole = false;
      setOwn(kept, name, pruned);
    } else if (schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true) {
      setOwn(kept, name, value);
    } else {
      isWhole = false;
      unknownFields.push(path);
    }
  }
  if (!isWhole) return kept;
  if (!place.resource) PRUNED.note(object, schema);
  return object;
}

function defaultValue(value: unknown, schema: Schema): unknown {
  const { items } = schema;
  if (Array.isArray(value)) return items === undefined ? value : mapped(value, (item) => defaultValue(item, items));
  if (isObject(value)) return defaultObject(value, schema);
  return value;
}

const DEFAULTED = rememberSettled<Schema>();

function defaultObject(object: Json, schema: Schema): Json {
  if (DEFAULTED.has(object, schema)) return object;
  const { properties = {}, additionalProperties } = schema;
  const filled: Record<string, unknown> = {};
  let isFull = true;
  for (const [name, value] of Object.entries(object)) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const known = own ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known === undefined) setOwn(filled, name, value);
    else if (value !== null || known.nullable === true) {
      const full = defaultValue(value, known);
      if (full !== value) isFull = false;
      setOwn(filled, name, full);
    } else isFull = false;
  }
  for (const [name, property] of defaultsOf(schema)) {
    if (Object.hasOwn(filled, name)) continue;
    isFull = false;
    filled[name] = defaultValue(structuredClone(property.default), property);
  }
  if (!isFull) return filled;
  DEFAULTED.note(object, schema);
  return object;
}

/** The fields that have a default: few of many. */
function defaultsOf(schema: Schema): readonly (readonly [string, Schema])[] {
  const known = DEFAULTS.get(schema);
  if (known !== undefined) return known;
  const found = Object.entries(schema.properties ?? {}).filter(([, property]) => property.default !== undefined);
  DEFAULTS.set(schema, found);
  return found;
}

const DEFAULTS = new WeakMap<Schema, readonly (readonly [string, Schema])[]>();

function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}
