import { isObject, type Json, sameJson } from '../json.ts';
import type { Schema } from '../schema.ts';
import { type FieldSet, FieldSetBuilder, pathText } from './field-set.ts';

/** How a value is taken apart: as one, as a list of keyed items, or as fields. */
export type Shape =
  | { readonly form: 'one' }
  | { readonly form: 'list'; readonly items: Schema; readonly keys: readonly string[] }
  | {
      readonly form: 'map';
      readonly fields: Readonly<Record<string, Schema>>;
      /** Schema of names that are no declared field; undefined: there may be none. */
      readonly others: Schema | undefined;
    };

const ONE: Shape = { form: 'one' };

/** A value of which the schema says nothing: objects have fields, everything else is one. */
export const UNTYPED: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

/** How server-side apply takes a value of this schema apart. */
export function shapeOf(schema: Schema, value: unknown): Shape {
  if (schema.type === 'array') {
    const type = schema['x-kubernetes-list-type'];
    if (type !== 'set' && type !== 'map') return ONE;
    const keys = type === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
    return { form: 'list', items: schema.items ?? UNTYPED, keys };
  }
  if (schema['x-kubernetes-map-type'] === 'atomic') return ONE;
  const { properties, additionalProperties } = schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (properties === undefined && additionalProperties === undefined) {
    const free = open || schema.type === 'object';
    return free && isObject(value) ? { form: 'map', fields: {}, others: UNTYPED } : ONE;
  }
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const anything = open || additionalProperties === true;
  return { form: 'map', fields: properties ?? {}, others: others ?? (anything ? UNTYPED : undefined) };
}

/** The schema below a map's name. */
export function fieldSchema(shape: Extract<Shape, { form: 'map' }>, name: string): Schema {
  return (Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined) ?? shape.others ?? UNTYPED;
}

/** The path element of an item of a keyed list. */
export function itemElement(item: unknown, shape: Extract<Shape, { form: 'list' }>): string {
  if (shape.keys.length === 0 || !isObject(item)) return `v:${JSON.stringify(item)}`;
  const keys: Record<string, unknown> = {};
  for (const key of [...shape.keys].sort()) keys[key] = item[key] ?? shape.items.properties?.[key]?.default ?? null;
  return `k:${JSON.stringify(keys)}`;
}

/** The fields that an applied configuration names. */
export function fieldsOf(value: unknown, schema: Schema): FieldSet {
  const set = new FieldSetBuilder();
  collect(value, schema, { path: [], set });
  return set;
}

interface Walk {
  readonly path: readonly string[];
  readonly set: FieldSetBuilder;
}

function collect(value: unknown, schema: Schema, { path, set }: Walk): void {
  const shape = shapeOf(schema, value);
  if (shape.form === 'one') {
    set.add(path);
    return;
  }
  if (shape.form === 'list') {
    for (const item of Array.isArray(value) ? value : []) {
      const below = [...path, itemElement(item, shape)];
      collect(item, shape.items, { path: below, set });
      set.add(below);
    }
    return;
  }
  for (const [name, child] of Object.entries(isObject(value) ? value : {})) {
    const below = [...path, `f:${name}`];
    collect(child, fieldSchema(shape, name), { path: below, set });
    const bare = child === null || (isObject(child) && Object.keys(child).length === 0);
    if (bare || !Object.hasOwn(shape.fields, name)) set.add(below);
  }
}

/** What keeps a configuration from being read with its schema, each with the path of the field. */
export function typingProblems(value: unknown, schema: Schema, path: readonly string[] = []): readonly string[] {
  if (value === null || value === undefined) return [];
  const mismatch = scalarMismatch(value, schema);
  if (mismatch !== undefined) return [`${pathText(path)}: ${mismatch}`];
  const shape = shapeOf(schema, value);
  if (Array.isArray(value)) return listProblems(value, schema, path);
  if (!isObject(value) || schema['x-kubernetes-int-or-string'] === true) return [];
  const { properties, additionalProperties } = schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  return Object.entries(value).flatMap(([name, child]) => {
    const below = [...path, `f:${name}`];
    const declared = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    const known = declared ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known !== undefined) return typingProblems(child, known, below);
    const free = open || (properties === undefined && additionalProperties === undefined) || shape.form === 'one';
    return free && properties === undefined ? [] : open ? [] : [`${pathText(below)}: field not declared in schema`];
  });
}

function listProblems(list: readonly unknown[], schema: Schema, path: readonly string[]): readonly string[] {
  const shape = shapeOf(schema, list);
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const element = shape.form === 'list' ? itemElement(item, shape) : `i:${index}`;
    const repeated = shape.form === 'list' && seen.has(element);
    seen.add(element);
    const below = [...path, element];
    if (repeated) return [`${pathText(path)}: duplicate entries for key ${pathText([element])}`];
    return typingProblems(item, schema.items ?? UNTYPED, below);
  });
}

function scalarMismatch(value: unknown, schema: Schema): string | undefined {
  const found = Array.isArray(value) ? 'list' : isObject(value) ? 'map' : typeof value;
  if (schema.format === 'quantity' || schema['x-kubernetes-int-or-string'] === true) {
    return found === 'string' || found === 'number' ? undefined : `expected scalar, got ${found}`;
  }
  switch (schema.type) {
    case 'string':
      return found === 'string' ? undefined : `expected string, got ${goText(value)}`;
    case 'boolean':
      return found === 'boolean' ? undefined : `expected boolean, got ${goText(value)}`;
    case 'integer':
    case 'number':
      return found === 'number' ? undefined : `expected numeric (int or float), got ${found}`;
    case 'array':
      return found === 'list' ? undefined : `expected list, got ${goText(value)}`;
    case 'object':
      return found === 'map' ? undefined : `expected map, got ${goText(value)}`;
    default:
      return undefined;
  }
}

function goText(value: unknown): string {
  return `&{${typeof value === 'string' ? value : JSON.stringify(value)}}`;
}

/** What differs between two versions of an object. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Compares field by field; `undefined` is absent, null is a value. */
export function compareTyped(before: unknown, after: unknown, schema: Schema): Comparison {
  const sets = { added: new FieldSetBuilder(), modified: new FieldSetBuilder(), removed: new FieldSetBuilder() };
  compareAt(before, after, { schema, path: [], ...sets });
  return sets;
}

interface Comparing {
  readonly schema: Schema;
  readonly path: readonly string[];
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

function compareAt(before: unknown, after: unknown, at: Comparing): void {
  if (before === after) return;
  const shape = commonShape(before, after, at.schema);
  if (shape.form === 'one' || (isBare(before) && isBare(after))) {
    compareLeaf(before, after, at);
    return;
  }
  if (shape.form === 'list') compareLists(listOf(before), listOf(after), { ...at, shape });
  else compareMaps(mapOf(before), mapOf(after), { ...at, shape });
  if (before === undefined) at.added.add(at.path);
  else if (after === undefined) at.removed.add(at.path);
}

/** Values of no schema are taken apart only if both are objects, or one is absent. */
function commonShape(before: unknown, after: unknown, schema: Schema): Shape {
  const shape = shapeOf(schema, after ?? before);
  const typed = schema.properties !== undefined || schema.additionalProperties !== undefined;
  if (shape.form !== 'map' || typed) return shape;
  const fits = (value: unknown) => value === undefined || value === null || isObject(value);
  return fits(before) && fits(after) ? shape : ONE;
}

function isBare(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function compareLeaf(before: unknown, after: unknown, at: Comparing): void {
  if (before === undefined && after === undefined) return;
  if (before === undefined) at.added.add(at.path);
  else if (after === undefined) at.removed.add(at.path);
  else if (!sameJson(before, after)) at.modified.add(at.path);
}

function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  at: Comparing & { readonly shape: Extract<Shape, { form: 'list' }> },
): void {
  const { shape } = at;
  const [old, now] = [byElement(before, shape), byElement(after, shape)];
  for (const element of new Set([...old.keys(), ...now.keys()])) {
    compareAt(old.get(element), now.get(element), { ...at, schema: shape.items, path: [...at.path, element] });
  }
}

/** Items by path element; of repeated ones the last. */
export function byElement(
  list: readonly unknown[],
  shape: Extract<Shape, { form: 'list' }>,
): ReadonlyMap<string, unknown> {
  return new Map(list.map((item) => [itemElement(item, shape), item]));
}

function compareMaps(
  before: Json,
  after: Json,
  at: Comparing & { readonly shape: Extract<Shape, { form: 'map' }> },
): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [ownValue(before, name), ownValue(after, name)];
    if (old === now) continue;
    const schema = fieldSchema(at.shape, name);
    compareAt(old, now, { ...at, schema, path: [...at.path, `f:${name}`] });
  }
}

function ownValue(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapOf(value: unknown): Json {
  return isObject(value) ? value : {};
}
