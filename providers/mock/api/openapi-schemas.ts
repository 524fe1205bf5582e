import { wholeSchema } from './kinds/meta.ts';
import type { ResourceType } from './resource-type.ts';
import type { Schema } from './schema.ts';

/** Schemas of an OpenAPI document by name. */
export type Definitions = Record<string, OpenapiSchema>;

/** A schema as OpenAPI v3 writes it. */
export type OpenapiSchema = Readonly<Record<string, unknown>>;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** The name of a type's schema, e.g. `io.k8s.api.core.v1.Pod`; a custom one has its group turned around. */
export function definitionName(type: ResourceType): string {
  if (type.schema.typeName !== undefined) return type.schema.typeName;
  return [...type.group.split('.').reverse(), type.version, type.kind].join('.');
}

/** The schemas of a type, of its list and of all that they are made of. */
export function schemaDefinitions(type: ResourceType): Readonly<Definitions> {
  const known = MADE.get(type);
  if (known !== undefined) return known;
  const definitions: Definitions = {};
  const name = definitionName(type);
  const { typeName: _, ...whole } = wholeSchema(type.schema);
  definitions[name] = { ...inline(whole, definitions), ...kindMark(type, type.kind) };
  if (type.verbs.includes('list')) definitions[`${name}List`] = listSchema(type, name);
  definitions[`${META}.ListMeta`] = LIST_META;
  MADE.set(type, definitions);
  return definitions;
}

const MADE = new WeakMap<ResourceType, Definitions>();

const LIST_META: OpenapiSchema = {
  type: 'object',
  properties: Object.fromEntries(['continue', 'resourceVersion', 'selfLink'].map((name) => [name, { type: 'string' }])),
};

function listSchema(type: ResourceType, name: string): OpenapiSchema {
  return {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [reference(`${META}.ListMeta`)] },
      items: { type: 'array', items: { allOf: [reference(name)] } },
    },
    ...kindMark(type, type.listKind),
  };
}

function kindMark(type: ResourceType, kind: string): OpenapiSchema {
  return { 'x-kubernetes-group-version-kind': [{ group: type.group, kind, version: type.version }] };
}

function reference(name: string): OpenapiSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** A schema in place, or a reference to it if it has a name. */
function convert(schema: Schema, definitions: Definitions): OpenapiSchema {
  const { typeName } = schema;
  if (typeName === undefined) return inline(schema, definitions);
  if (definitions[typeName] === undefined) {
    // The name is taken before its fields are looked at: types can hold themselves.
    definitions[typeName] = {};
    definitions[typeName] = inline({ ...schema, 'x-kubernetes-patch-strategy': '' }, definitions);
  }
  const strategy = schema['x-kubernetes-patch-strategy'];
  return {
    allOf: [reference(typeName)],
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...(strategy ? { 'x-kubernetes-patch-strategy': strategy } : {}),
  };
}

const ONLY_OURS = new Set(['typeName', 'zeroValue', 'properties', 'items', 'additionalProperties', 'required']);
const FORMATS_OF_OURS: Readonly<Record<string, string | undefined>> = {
  quantity: undefined,
  'micro-time': 'date-time',
};

function inline(schema: Schema, definitions: Definitions): OpenapiSchema {
  const written: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(schema)) {
    if (ONLY_OURS.has(name) || value === '' || value === undefined) continue;
    if (name === 'format' && `${value}` in FORMATS_OF_OURS) {
      const format = FORMATS_OF_OURS[`${value}`];
      if (format !== undefined) written.format = format;
    } else written[name] = value;
  }
  if (schema['x-kubernetes-int-or-string'] === true) {
    written.anyOf = [{ type: 'integer' }, { type: 'string' }];
    if (schema.typeName !== undefined) return { format: 'int-or-string', oneOf: written.anyOf };
  }
  if (schema.typeName?.endsWith('.RawExtension')) return { type: 'object' };
  const { properties, items, additionalProperties, required } = schema;
  if (required !== undefined && required.length > 0) written.required = required;
  if (properties !== undefined) {
    const converted = Object.entries(properties).map(([name, property]) => [name, convert(property, definitions)]);
    written.properties = Object.fromEntries(converted);
  }
  if (items !== undefined) written.items = convert(items, definitions);
  if (typeof additionalProperties === 'object')
    written.additionalProperties = convert(additionalProperties, definitions);
  else if (additionalProperties !== undefined) written.additionalProperties = additionalProperties;
  return written;
}
