import { findQuantity, NOT_A_QUANTITY } from '../quantity.ts';
import { goShape } from './go-shape.ts';
import { isObject } from './json.ts';
import { objectMetaSchema, wholeSchema } from './kinds/meta.ts';
import type { StatusCause } from './objects.ts';
import type { ResourceType } from './resource-type.ts';
import type { Schema } from './schema.ts';
import { rememberSettled } from './settled.ts';
import { prune } from './structural.ts';

/**
 * Why a real API server cannot decode a built-in object, in the words of Go's decoder, e.g. `json: cannot unmarshal
 * number into Go struct field ConfigMap.data of type string`; undefined if it can. Custom resources are validated
 * by their schema instead.
 */
export function decodeProblem(object: Readonly<Record<string, unknown>>, type: ResourceType): string | undefined {
  if (type.custom) return undefined;
  const schema = wholeSchema(type.schema);
  return problemAt(object, schema, { struct: shortName(schema) });
}

/** The cause of the 422 that a patch gets whose result cannot be decoded. The refusal names no kind and no object. */
export function undecodablePatch(patched: unknown, problem: string): StatusCause {
  const shown = JSON.stringify(JSON.stringify(asSent(patched)));
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: ${problem}`, field: 'patch' };
}

/** A patch library sorts the fields of what it touches; metadata comes as the server wrote it. */
function asSent(patched: unknown): unknown {
  if (!isObject(patched)) return patched;
  return Object.fromEntries(
    Object.keys(patched)
      .sort()
      .map((name) => [
        name,
        name === 'metadata' ? goShape(patched[name], objectMetaSchema) : sortedFields(patched[name]),
      ]),
  );
}

function sortedFields(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Texts of strict decoding, in the order in which a real API server tells unknown and duplicate fields. */
export function strictProblems(
  object: Readonly<Record<string, unknown>>,
  type: ResourceType,
  duplicates: readonly string[],
): readonly string[] {
  const { unknownFields } = prune(object, type.schema);
  const unknown = unknownFields.map((path) => ({ path, text: `unknown field ${JSON.stringify(path)}` }));
  const repeated = duplicates.map((path) => ({ path, text: `duplicate field ${JSON.stringify(path)}` }));
  if (type.custom) {
    const ofMetadata = (path: string) => (path.startsWith('metadata.') ? 0 : 1);
    unknown.sort((a, b) => ofMetadata(a.path) - ofMetadata(b.path) || (a.path < b.path ? -1 : 1));
    return [...repeated, ...unknown].map(({ text }) => text);
  }
  const places = new Map<string, number>();
  if (repeated.length > 0) number(object, '', places);
  const place = (path: string) => places.get(path) ?? 0;
  const all = repeated.length === 0 ? unknown : [...unknown, ...repeated].sort((a, b) => place(a.path) - place(b.path));
  return all.map(({ text }) => text);
}

/** Numbers every path in the order of the document. */
function number(value: unknown, path: string, places: Map<string, number>): void {
  places.set(path, places.size);
  if (Array.isArray(value)) for (const [index, item] of value.entries()) number(item, `${path}[${index}]`, places);
  if (!isObject(value)) return;
  for (const [name, child] of Object.entries(value)) number(child, path === '' ? name : `${path}.${name}`, places);
}

interface Place {
  /** The innermost Go struct. */
  readonly struct: string;
  /** The field and where it stands; absent for the object itself. */
  readonly name?: string;
  readonly above?: Place;
}

function pathOf({ name, above }: Place): readonly string[] {
  return name === undefined ? [] : [...(above === undefined ? [] : pathOf(above)), name];
}

const DECODABLE = rememberSettled<Schema>();

function problemAt(value: unknown, schema: Schema, place: Place): string | undefined {
  if (value === null || value === undefined) return undefined;
  const found = kindOf(value);
  if (!accepts(schema, value)) {
    const shown = typeof value === 'number' && schema.type === 'integer' ? `number ${value}` : found;
    const path = pathOf(place);
    const where = path.length === 0 ? 'Go value' : `Go struct field ${place.struct}.${path.join('.')}`;
    return `json: cannot unmarshal ${shown} into ${where} of type ${goType(schema)}`;
  }
  if (typeof value === 'string' || typeof value === 'number') return textProblem(`${value}`, schema);
  if (typeof value !== 'object' || DECODABLE.has(value, schema)) return undefined;
  const problem = problemIn(value, schema, place);
  if (problem === undefined) DECODABLE.note(value, schema);
  return problem;
}

function problemIn(value: object, schema: Schema, place: Place): string | undefined {
  if (Array.isArray(value)) return firstOf(value, (item) => problemAt(item, schema.items ?? {}, place));
  if (!isObject(value)) return undefined;
  const { properties, additionalProperties } = schema;
  const struct = properties === undefined ? place.struct : shortName(schema) || place.struct;
  return firstOf(Object.entries(value), ([name, child]) => {
    const own = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (own !== undefined) return problemAt(child, own, { struct, name, above: place });
    return typeof additionalProperties === 'object' ? problemAt(child, additionalProperties, place) : undefined;
  });
}

function firstOf<T>(items: readonly T[], look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function accepts(schema: Schema, value: unknown): boolean {
  const found = kindOf(value);
  if (schema.format === 'quantity' || schema['x-kubernetes-int-or-string'] === true)
    return found === 'string' || found === 'number';
  switch (schema.type) {
    case 'string':
      return found === 'string';
    case 'boolean':
      return found === 'bool';
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return found === 'number';
    case 'array':
      return found === 'array';
    case 'object':
      // JSONSchemaPropsOrBool and its like are written as what they mostly are.
      return found === 'object' || schema.typeName?.endsWith('.JSONSchemaProps') === true;
    default:
      return true;
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(schema: Schema): string {
  if (schema.format === 'byte') return '[]uint8';
  if (schema.typeName !== undefined) return `v1.${shortName(schema)}`;
  if (schema.type === 'array') return `[]${goType(schema.items ?? {})}`;
  if (typeof schema.additionalProperties === 'object') return `map[string]${goType(schema.additionalProperties)}`;
  if (schema.type === 'boolean') return 'bool';
  if (schema.type === 'integer') return schema.format ?? 'int64';
  return schema.type === 'number' ? 'float64' : (schema.type ?? 'interface {}');
}

function shortName(schema: Schema): string {
  return schema.typeName?.split('.').at(-1) ?? '';
}

function textProblem(text: string, schema: Schema): string | undefined {
  switch (schema.format) {
    case 'byte':
      return base64Problem(text);
    case 'quantity':
      return findQuantity(text) === undefined ? NOT_A_QUANTITY : undefined;
    case 'date-time':
      return timeProblem(text, '2006-01-02T15:04:05Z07:00');
    case 'micro-time':
      return timeProblem(text, '2006-01-02T15:04:05.000000Z07:00');
    default:
      return undefined;
  }
}

function base64Problem(text: string): string | undefined {
  const bare = text.replace(/[\r\n]/g, '');
  const bad = /[^A-Za-z0-9+/]/.exec(bare.replace(/={1,2}$/, ''));
  if (bad !== null) return `illegal base64 data at input byte ${bad.index}`;
  return bare.length % 4 === 0 ? undefined : `illegal base64 data at input byte ${bare.length - (bare.length % 4)}`;
}

const TIME_PARTS: readonly (readonly [string, RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d{2}/],
  ['-', /^-/],
  ['02', /^\d{2}/],
  ['T', /^T/],
  ['15', /^\d{2}/],
  [':', /^:/],
  ['04', /^\d{2}/],
  [':', /^:/],
  ['05', /^\d{2}/],
];

/** As Go's time.Parse tells where a text leaves its layout. */
function timeProblem(text: string, layout: string): string | undefined {
  const failed = (rest: string, part: string) =>
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`;
  let rest = text;
  for (const [part, pattern] of TIME_PARTS) {
    const match = pattern.exec(rest);
    if (match === null) return failed(rest, part);
    rest = rest.slice(match[0].length);
  }
  const fraction = /^[.,]\d+/.exec(rest)?.[0] ?? '';
  if (layout.includes('.000000') && fraction.length !== 7) return failed(rest, '.000000');
  rest = rest.slice(fraction.length);
  const zone = /^(Z|[+-]\d{2}:\d{2})/.exec(rest)?.[0];
  if (zone === undefined) return failed(rest, 'Z07:00');
  if (rest.length > zone.length) {
    return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest.slice(zone.length))}`;
  }
  return Number.isNaN(Date.parse(text)) ? `parsing time ${JSON.stringify(text)}: day out of range` : undefined;
}
