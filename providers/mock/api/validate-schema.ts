import { isFormat } from './formats.ts';
import { isObject, type Json, sameJson } from './json.ts';
import { duplicate, invalid, required, unsupported } from './kinds/causes.ts';
import type { StatusCause } from './objects.ts';
import type { Schema } from './schema.ts';

/** What is wrong with a custom resource by its schema, in the words of a real API server. Metadata is not looked at. */
export function validateSchema(object: Json, schema: Schema): readonly StatusCause[] {
  const { apiVersion: _a, kind: _k, metadata: _m, ...content } = object;
  const { apiVersion: _b, kind: _l, metadata: _n, ...properties } = schema.properties ?? {};
  const root: Schema = {
    ...schema,
    properties,
    required: (schema.required ?? []).filter((name) => !['apiVersion', 'kind', 'metadata'].includes(name)),
  };
  return [
    ...valueProblems(content, root, ''),
    ...embeddedProblems(content, root, ''),
    ...listProblems(content, root, ''),
  ];
}

function valueProblems(value: unknown, schema: Schema, path: string): readonly StatusCause[] {
  if (value === null && schema.nullable === true) return [];
  const mismatch = typeProblem(value, schema, path);
  if (mismatch !== undefined) return [mismatch];
  const causes = [...choiceProblems(value, schema, path)];
  if (typeof value === 'string') causes.push(...textProblems(value, schema, path));
  if (typeof value === 'number') causes.push(...numberProblems(value, schema, path));
  if (Array.isArray(value)) causes.push(...arrayProblems(value, schema, path));
  if (isObject(value)) causes.push(...objectProblems(value, schema, path));
  return causes;
}

function typeProblem(value: unknown, schema: Schema, path: string): StatusCause | undefined {
  const found = typeName(value);
  const wanted = schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : schema.type;
  if (wanted === undefined) return undefined;
  if (wanted.split(',').includes(found) || (wanted === 'number' && found === 'integer')) return undefined;
  const message = `Invalid value: ${JSON.stringify(found)}: ${inBody(path)} must be of type ${wanted}: ${JSON.stringify(found)}`;
  return { reason: 'FieldValueTypeInvalid', message, field: path || '<nil>' };
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function inBody(path: string): string {
  return path === '' ? 'in body' : `${path} in body`;
}

function choiceProblems(value: unknown, schema: Schema, path: string): readonly StatusCause[] {
  if (schema.enum === undefined || schema.enum.some((choice) => sameJson(choice, value))) return [];
  return [unsupported(path, value, schema.enum)];
}

function textProblems(value: string, schema: Schema, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${schema.maxLength} bytes`,
      field: path,
    });
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    causes.push(invalid(path, value, `${inBody(path)} should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !matcher(schema.pattern).test(value)) {
    causes.push(invalid(path, value, `${inBody(path)} should match '${schema.pattern}'`));
  }
  if (schema.format !== undefined && !isFormat(value, schema.format)) {
    const text = `${inBody(path)} must be of type ${schema.format}: ${JSON.stringify(value)}`;
    causes.push({ ...invalid(path, value, text), reason: 'FieldValueTypeInvalid' });
  }
  return causes;
}

const MATCHERS = new Map<string, RegExp>();

/** Go's patterns may escape what needs no escape, which JavaScript takes only without its Unicode mode. */
function matcher(pattern: string): RegExp {
  const known = MATCHERS.get(pattern);
  if (known !== undefined) return known;
  const insensitive = pattern.startsWith('(?i)');
  const source = insensitive ? pattern.slice(4) : pattern;
  const made = compiled(source, insensitive ? 'iu' : 'u') ?? compiled(source, insensitive ? 'i' : '') ?? /^/;
  MATCHERS.set(pattern, made);
  return made;
}

function compiled(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

function numberProblems(value: number, schema: Schema, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const { minimum, maximum } = schema;
  if (maximum !== undefined && value > maximum) {
    causes.push(invalid(path, value, `${inBody(path)} should be less than or equal to ${maximum}`));
  }
  if (minimum !== undefined && value < minimum) {
    causes.push(invalid(path, value, `${inBody(path)} should be greater than or equal to ${minimum}`));
  }
  if (schema.format === 'int32' && (value > 2147483647 || value < -2147483648)) {
    const text = `${inBody(path)} must be of type int32: ${JSON.stringify(`${value}`)}`;
    causes.push(invalid(path, value, text));
  }
  return causes;
}

function arrayProblems(value: readonly unknown[], schema: Schema, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const { items, minItems, maxItems } = schema;
  if (maxItems !== undefined && value.length > maxItems) {
    const message = `Too many: ${value.length}: must have at most ${maxItems} items`;
    causes.push({ reason: 'FieldValueTooMany', message, field: path });
  }
  if (minItems !== undefined && value.length < minItems) {
    causes.push(invalid(path, value, `${inBody(path)} should have at least ${minItems} items`));
  }
  if (items === undefined) return causes;
  return [...causes, ...value.flatMap((item, index) => valueProblems(item, items, `${path}[${index}]`))];
}

function objectProblems(value: Json, schema: Schema, path: string): readonly StatusCause[] {
  const { properties = {}, additionalProperties } = schema;
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name));
  const causes = missing.map((name) => required(below(path, name)));
  for (const [name, child] of Object.entries(value)) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const known = own ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known !== undefined) causes.push(...valueProblems(child, known, below(path, name)));
  }
  return causes;
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Visits every value of an object together with its schema, deepest last. */
function visitValues(
  value: unknown,
  schema: Schema,
  visit: (value: unknown, schema: Schema, path: string) => void,
  path = '',
): void {
  visit(value, schema, path);
  const { items, properties = {}, additionalProperties } = schema;
  if (Array.isArray(value) && items !== undefined) {
    for (const [index, item] of value.entries()) visitValues(item, items, visit, `${path}[${index}]`);
  }
  if (!isObject(value)) return;
  for (const [name, child] of Object.entries(value)) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const known = own ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    const place = own === undefined ? `${path}[${name}]` : below(path, name);
    if (known !== undefined) visitValues(child, known, visit, place);
  }
}

function embeddedProblems(value: unknown, schema: Schema, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  visitValues(
    value,
    schema,
    (one, its, at) => {
      if (its['x-kubernetes-embedded-resource'] !== true || !isObject(one)) return;
      for (const name of ['apiVersion', 'kind']) {
        if (one[name] === undefined || one[name] === '') causes.push(required(below(at, name), 'must not be empty'));
      }
    },
    path,
  );
  return causes;
}

/** Sets hold no value twice, maps no key. */
function listProblems(value: unknown, schema: Schema, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  visitValues(
    value,
    schema,
    (one, its, at) => {
      const type = its['x-kubernetes-list-type'];
      if (!Array.isArray(one) || (type !== 'set' && type !== 'map')) return;
      const keys = its['x-kubernetes-list-map-keys'] ?? [];
      const seen = new Set<string>();
      for (const [index, item] of one.entries()) {
        const key = type === 'set' ? item : keyOf(item, keys, its.items);
        const text = JSON.stringify(key);
        if (seen.has(text)) causes.push(duplicate(`${at}[${index}]`, key));
        seen.add(text);
      }
    },
    path,
  );
  return causes;
}

function keyOf(item: unknown, keys: readonly string[], schema: Schema | undefined): Json {
  const values = isObject(item) ? item : {};
  const present = keys
    .map((key) => [key, values[key] ?? schema?.properties?.[key]?.default] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(present);
}
