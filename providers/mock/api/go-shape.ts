import { findQuantity, quantityText } from '../quantity.ts';
import { isObject } from './json.ts';
import type { Schema } from './schema.ts';

/**
 * What a real server shows after it has read a built-in object into its own types and written it again: unknown
 * fields and nulls are gone, zero values are left out or shown as the type demands, quantities and times are in
 * canonical form, the fields stand in the type's order.
 */
export function goShape(value: unknown, schema: Schema): unknown {
  if (value === undefined || value === null) return undefined;
  if (schema.properties !== undefined) return isObject(value) ? structShape(value, schema) : value;
  const { items, additionalProperties } = schema;
  if (items !== undefined && Array.isArray(value)) {
    return value.map((item) => goShape(item, items) ?? zeroOf(items));
  }
  if (typeof additionalProperties === 'object' && isObject(value)) {
    const names = Object.keys(value).sort(byBytes);
    return Object.fromEntries(
      names.map((name) => [name, goShape(value[name], additionalProperties) ?? zeroOf(additionalProperties)]),
    );
  }
  return scalarShape(value, schema);
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

function structShape(value: Readonly<Record<string, unknown>>, schema: Schema): Record<string, unknown> {
  const shaped: Record<string, unknown> = {};
  for (const [name, property] of fieldsOf(schema)) {
    const child = Object.hasOwn(value, name) ? goShape(value[name], property) : undefined;
    if (child === undefined) {
      if (property.zeroValue === 'emit') shaped[name] = zeroOf(property);
      if (property.zeroValue === 'null') shaped[name] = null;
    } else if (property.zeroValue !== undefined || !isLeftOut(child, property)) shaped[name] = child;
  }
  return shaped;
}

/** A schema of a custom resource has hundreds of nodes with forty fields each, nearly all of them absent. */
const fields = new WeakMap<Schema, readonly (readonly [name: string, property: Schema])[]>();

function fieldsOf(schema: Schema): readonly (readonly [name: string, property: Schema])[] {
  const known = fields.get(schema) ?? Object.entries(schema.properties ?? {});
  fields.set(schema, known);
  return known;
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
