import { applies, type KubevirtVersion } from '../version.ts';
import { shapesOf } from './crds.ts';
import type { Field } from './shapes.ts';

/**
 * What KubeVirt's webhooks find wrong with the types of `value`, which should be of the shape `shape`: wrong types,
 * missing fields, words out of a known set. They run before the API server checks the definition's schema.
 * Source: pkg/util/openapi, with go-openapi's wording (no indexes in paths).
 */
export function* typeErrors(value: unknown, shape: string, path: string, version: KubevirtVersion): Iterable<string> {
  if (value === undefined) {
    yield `${path} in body is required`;
    return;
  }
  yield* wrong(value, { type: shape, attributes: [] }, path, version);
}

type Typed = Pick<Field, 'type' | 'attributes'>;

function* wrong(value: unknown, { type, attributes }: Typed, path: string, version: KubevirtVersion): Iterable<string> {
  if (value === null && attributes.includes('nullable')) return;
  const expected = jsonTypes(type);
  const actual = jsonType(value);
  if (!expected.includes(actual) && !(actual === 'number' && expected.includes('integer') && Number.isInteger(value))) {
    yield `${path} in body must be of type ${expected.join(',')}: "${actual}"`;
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value)
      yield* wrong(item, { type: type.slice(2), attributes: ofItems(attributes) }, path, version);
  } else if (actual === 'object') {
    yield* wrongWithin(value as Readonly<Record<string, unknown>>, { type, attributes }, path, version);
  } else {
    yield* outOfWords(value, attributes, path);
  }
}

function* wrongWithin(
  value: Readonly<Record<string, unknown>>,
  { type, attributes }: Typed,
  path: string,
  version: KubevirtVersion,
): Iterable<string> {
  if (type.startsWith('map:')) {
    const held = { type: type.slice(4), attributes: ofItems(attributes) };
    for (const [key, inner] of Object.entries(value)) yield* wrong(inner, held, `${path}.${key}`, version);
    return;
  }
  for (const field of shapesOf().get(type)?.fields ?? []) {
    if (!applies(version, field)) continue;
    const inner = value[field.name];
    if (inner !== undefined) yield* wrong(inner, field, `${path}.${field.name}`, version);
    else if (field.required) yield `${path}.${field.name} in body is required`;
  }
}

function* outOfWords(value: unknown, attributes: readonly string[], path: string): Iterable<string> {
  const words = attributes
    .find((attribute) => /^(known|enum)=/.test(attribute))
    ?.replace(/^\w+=/, '')
    .split('|');
  if (words === undefined || words.includes(String(value)) || value === '') return;
  yield `${path} in body should be one of [${words.join(' ')}]`;
}

function ofItems(attributes: readonly string[]): readonly string[] {
  return attributes.filter((attribute) => attribute.startsWith('item:')).map((attribute) => attribute.slice(5));
}

const JSON_TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ['string'],
  time: ['string'],
  bool: ['boolean'],
  int: ['integer'],
  int32: ['integer'],
  int64: ['integer'],
  number: ['number'],
  quantity: ['string', 'integer', 'number'],
  intOrString: ['string', 'integer'],
};

function jsonTypes(type: string): readonly string[] {
  if (type.startsWith('[]')) return ['array'];
  return JSON_TYPES[type] ?? ['object'];
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
