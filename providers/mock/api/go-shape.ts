import { findQuantity, quantityText } from '../quantity.ts';
import { isObject, type Json } from './json.ts';
import type { Schema } from './schema.ts';
import { rememberSettled } from './settled.ts';

/**
 * What a real server shows after it has read a built-in object into its own types and written it again: unknown
 * fields and nulls are gone, zero values are left out or shown as the type demands, quantities and times are in
 * canonical form, the fields stand in the type's order. What has this shape already is returned itself.
 */
export function goShape(value: unknown, schema: Schema): unknown {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') return schema.properties === undefined ? scalarShape(value, schema) : value;
  if (SHAPED.has(value, schema)) return value;
  const shaped = compoundShape(value, schema);
  if (shaped === value) SHAPED.note(value, schema);
  return shaped;
}

const SHAPED = rememberSettled<Schema>();

function compoundShape(value: object, schema: Schema): unknown {
  const { properties, items, additionalProperties } = schema;
  if (properties !== undefined) return isObject(value) ? structShape(value, schema) : value;
  if (items !== undefined && Array.isArray(value)) return listShape(value, items);
  if (typeof additionalProperties === 'object' && isObject(value)) return mapShape(value, additionalProperties);
  return value;
}

function listShape(list: readonly unknown[], items: Schema): readonly unknown[] {
  const shaped = list.map((item) => goShape(item, items) ?? zeroOf(items));
  return shaped.every((item, index) => item === list[index]) ? list : shaped;
}

function mapShape(map: Json, values: Schema): Json {
  const entries = Object.keys(map)
    .sort(byBytes)
    .map((name) => [name, goShape(map[name], values) ?? zeroOf(values)] as const);
  return isAsBefore(map, entries) ? map : Object.fromEntries(entries);
}

/** The object that a real server holds before any field is read: what `goShape` makes of nothing. */
export function zeroOf(schema: Schema): unknown {
  if (schema.properties !== undefined) return structShape({}, schema);
  if (schema.type === 'array' || schema.type === 'object') return null;
  if (schema.format === 'date-time' || schema.format === 'micro-time') return null;
  if (schema.format === 'quantity') return '0';
  if (schema['x-kubernetes-int-or-string'] === true) return 0;
  if (schema.type === 'string') return '';
  if (schema.type === 'boolean') return false;
  return schema.type === 'integer' || schema.type === 'number' ? 0 : null;
}

function structShape(value: Json, schema: Schema): Json {
  const { fields, places, always } = fieldsOf(schema);
  const shown = [...always];
  for (const name of Object.keys(value)) {
    const place = places.get(name);
    if (place !== undefined && !always.includes(place)) shown.push(place);
  }
  const entries: (readonly [string, unknown])[] = [];
  for (const place of shown.sort((a, b) => a - b)) {
    const [name, property] = fields[place] ?? ['', {}];
    const child = goShape(Object.hasOwn(value, name) ? value[name] : undefined, property);
    if (child === undefined) {
      if (property.zeroValue === 'emit') entries.push([name, zeroOf(property)]);
      if (property.zeroValue === 'null') entries.push([name, null]);
    } else if (property.zeroValue !== undefined || !isLeftOut(child, property)) entries.push([name, child]);
  }
  return isAsBefore(value, entries) ? value : Object.fromEntries(entries);
}

interface Fields {
  /** In the type's order. */
  readonly fields: readonly (readonly [string, Schema])[];
  readonly places: ReadonlyMap<string, number>;
  /** Places of the fields that are shown even when they are not given. */
  readonly always: readonly number[];
}

// Most types have many fields and most objects few: to ask a type for its list each time costs more than to shape.
function fieldsOf(schema: Schema): Fields {
  const known = FIELDS.get(schema);
  if (known !== undefined) return known;
  const fields = Object.entries(schema.properties ?? {});
  const isShown = ([, { zeroValue }]: readonly [string, Schema]) => zeroValue === 'emit' || zeroValue === 'null';
  const found = {
    fields,
    places: new Map(fields.map(([name], place) => [name, place])),
    always: fields.flatMap((field, place) => (isShown(field) ? [place] : [])),
  };
  FIELDS.set(schema, found);
  return found;
}

const FIELDS = new WeakMap<Schema, Fields>();

/** Whether an object holds just these fields, in this order. */
function isAsBefore(object: Json, entries: readonly (readonly [string, unknown])[]): boolean {
  const names = Object.keys(object);
  if (names.length !== entries.length) return false;
  return entries.every(([name, value], index) => names[index] === name && object[name] === value);
}

function isLeftOut(value: unknown, schema: Schema): boolean {
  // Raw JSON, e.g. the default of a field of a custom resource, is kept as it is.
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return false;
  if (value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  // Structs without a mark are pointers in Go: an empty one stays.
  return (
    schema.properties === undefined && isObject(value) && Object.keys(value).length === 0 && schema.type === 'object'
  );
}

function scalarShape(value: unknown, schema: Schema): unknown {
  if (schema.format === 'quantity' && (typeof value === 'string' || typeof value === 'number')) {
    const quantity = findQuantity(`${value}`);
    return quantity === undefined ? value : quantityText(quantity);
  }
  if (schema.format === 'date-time' && typeof value === 'string') return secondsTime(value);
  if (schema.format === 'micro-time' && typeof value === 'string') return microTime(value);
  return value;
}

/** RFC 3339 in UTC, whole seconds, as `metav1.Time` writes it; text that is no time stays. */
function secondsTime(text: string): string {
  const at = Date.parse(text);
  return Number.isNaN(at) ? text : `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 in UTC with six digits, as `metav1.MicroTime` writes it; text that is no time stays. */
function microTime(text: string): string {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const at = Date.parse(text.replace(/\.\d+/, ''));
  if (Number.isNaN(at)) return text;
  return `${new Date(at).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0').slice(0, 6)}Z`;
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
