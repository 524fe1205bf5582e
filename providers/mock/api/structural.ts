import { isObject, type Json } from './json.ts';
import { objectMetaSchema } from './kinds/meta.ts';
import type { Schema } from './schema.ts';

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
    return value.map((item, index) => {
      const path = `${place.path}[${index}]`;
      return pruneValue(item, items, { ...place, path, resource: items['x-kubernetes-embedded-resource'] === true });
    });
  }
  return isObject(value) ? pruneObject(value, schema, place) : value;
}

function pruneObject(object: Json, schema: Schema, place: Place): Json {
  const { properties, additionalProperties } = schema;
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const known =
      (place.resource ? TYPE_META[name] : undefined) ??
      (properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined) ??
      (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known !== undefined) {
      const resource = known['x-kubernetes-embedded-resource'] === true;
      setOwn(kept, name, pruneValue(value, known, { ...place, path, resource }));
    } else if (schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true) {
      setOwn(kept, name, value);
    } else place.unknownFields.push(path);
  }
  return kept;
}

function defaultValue(value: unknown, schema: Schema): unknown {
  const { items } = schema;
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => defaultValue(item, items));
  if (isObject(value)) return defaultObject(value, schema);
  return value;
}

function defaultObject(object: Json, schema: Schema): Json {
  const { properties = {}, additionalProperties } = schema;
  const filled: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const known = own ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known === undefined) setOwn(filled, name, value);
    else if (value !== null || known.nullable === true) setOwn(filled, name, defaultValue(value, known));
  }
  for (const [name, property] of Object.entries(properties)) {
    if (property.default === undefined || Object.hasOwn(filled, name)) continue;
    filled[name] = defaultValue(structuredClone(property.default), property);
  }
  return filled;
}

function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}
