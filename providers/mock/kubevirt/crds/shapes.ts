import type { Schema } from '../../api/schema.ts';
import { applies, type KubevirtVersion } from '../version.ts';

/**
 * The notation of crds/tables. A line without indent opens a shape (`atomic`: server-side apply replaces it whole);
 * an indented line is a field: name (`!`: required), type, then attributes. `since` is inclusive, `until` exclusive.
 *
 * Types: string int int32 int64 number bool time quantity intOrString, `object` (no known fields: content is pruned),
 * `any` (content kept), the name of a shape, `[]T`, `map:T`. How KubeVirt's code writes a field back when it re-encodes
 * an object: `*T` only if it was given; a bare scalar unless it is empty, a bare shape always; `+T` always.
 * Attributes: known=a|b (checked by KubeVirt's webhooks, not by the definition), nullable, default=JSON, enum=a|b, min= max= minLength= maxLength= minItems= maxItems= pattern= set,
 * keys=a,b (list-map), preserve, and `item:<attribute>` for what a list or map holds.
 */
export function parseShapes(tables: readonly string[]): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const block of tables
    .join('\n')
    .trim()
    .split(/\n\s*\n/)) {
    const [head = '', ...rows] = block.split('\n');
    const [name = '', flag] = head.split(' ');
    shapes.set(name, { atomic: flag === 'atomic', fields: rows.map(parseField) });
  }
  return shapes;
}

/** The structural schema of a shape in a version. @throws Error if a table names a shape that none defines. */
export function expandShape(name: string, shapes: ReadonlyMap<string, Shape>, version: KubevirtVersion): Schema {
  const shape = shapes.get(name);
  if (shape === undefined) throw new Error(`no table defines the shape "${name}"`);
  const fields = shape.fields.filter((field) => applies(version, field));
  const required = fields.filter((field) => field.required).map((field) => field.name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map((field) => [field.name, withAttributes(field.type, field.attributes, shapes, version)]),
    ),
    ...(required.length > 0 && { required }),
    ...(shape.atomic && { 'x-kubernetes-map-type': 'atomic' }),
  };
}

export interface Shape {
  readonly atomic: boolean;
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly type: string;
  /** When it is written back: `given`, `filled` (unless empty) or `always`. */
  readonly written: 'given' | 'filled' | 'always';
  readonly required: boolean;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly attributes: readonly string[];
}

const QUANTITY_PATTERN =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

const SCALARS: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  int: { type: 'integer' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  number: { type: 'number' },
  bool: { type: 'boolean' },
  time: { type: 'string', format: 'date-time' },
  quantity: { 'x-kubernetes-int-or-string': true, pattern: QUANTITY_PATTERN },
  intOrString: { 'x-kubernetes-int-or-string': true },
  object: { type: 'object' },
  any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
};

function parseField(row: string): Field {
  const [name = '', type = '', ...attributes] = row.trim().split(/\s+/);
  const bound = (key: string) => attributes.find((attribute) => attribute.startsWith(key))?.slice(key.length);
  return {
    name: name.replace('!', ''),
    type: type.replace(/^[*+]/, ''),
    written: type.startsWith('*') ? 'given' : type.startsWith('+') ? 'always' : 'filled',
    required: name.endsWith('!'),
    since: bound('since='),
    until: bound('until='),
    attributes: attributes.filter((attribute) => !/^(since|until)=/.test(attribute)),
  };
}

function withAttributes(
  type: string,
  attributes: readonly string[],
  shapes: ReadonlyMap<string, Shape>,
  version: KubevirtVersion,
): Schema {
  const own = attributes.filter((attribute) => !attribute.startsWith('item:'));
  const ofItem = attributes.filter((attribute) => attribute.startsWith('item:')).map((text) => text.slice(5));
  return { ...typed(type, ofItem, shapes, version), ...Object.assign({}, ...own.map(readAttribute)) };
}

function typed(
  type: string,
  ofItem: readonly string[],
  shapes: ReadonlyMap<string, Shape>,
  version: KubevirtVersion,
): Schema {
  if (type.startsWith('[]')) {
    const items = withAttributes(type.slice(2), ofItem, shapes, version);
    return { type: 'array', items, 'x-kubernetes-list-type': 'atomic' };
  }
  if (type.startsWith('map:')) {
    return { type: 'object', additionalProperties: withAttributes(type.slice(4), ofItem, shapes, version) };
  }
  return SCALARS[type] ?? expandShape(type, shapes, version);
}

function readAttribute(attribute: string): Schema {
  const at = attribute.indexOf('=');
  const key = at < 0 ? attribute : attribute.slice(0, at);
  const value = attribute.slice(at + 1);
  switch (key) {
    case 'nullable':
      return { nullable: true };
    case 'default':
      return { default: JSON.parse(value) };
    case 'enum':
      return { enum: value.split('|') };
    case 'min':
      return { minimum: Number(value) };
    case 'max':
      return { maximum: Number(value) };
    case 'minLength':
    case 'maxLength':
    case 'minItems':
    case 'maxItems':
      return { [key]: Number(value) };
    case 'pattern':
      return { pattern: value };
    case 'set':
      return { 'x-kubernetes-list-type': 'set' };
    case 'keys':
      return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': value.split(',') };
    case 'atomic':
      return { 'x-kubernetes-map-type': 'atomic' };
    case 'preserve':
      return { 'x-kubernetes-preserve-unknown-fields': true };
    case 'known':
      return {};
    default:
      throw new Error(`a field table has the unknown attribute "${attribute}"`);
  }
}
