import type { Schema } from '../schema.ts';

/** Types by their short name, as one table of fields defines them. */
export type TypeTable = Readonly<Record<string, Schema>>;

/**
 * Expands a table of fields into schemas. One paragraph a type: `Name: field field:type …`, further lines indented,
 * `Name@:` for a type that server-side apply treats as one value. A field is `name`, then `!` if required, then
 * `:type` (default string), then `?` if a zero value is kept when given `+` if it is always shown or `%` if as null, then `=value`
 * for a default. Types: `string int long double bool quantity time micro intstr bytes any`, a type of this table or
 * of the imported ones, `[T]` a list (`[T]#` a set, `[T]{a,b}` a map by these keys, `[T]~a` merged by `a` in
 * strategic patches only, `[T]^a` like `[T]{a}` with retainKeys, `[T]~` strings merged), `{T}` a map (`{T}@` as one
 * value). `T^` is a struct whose strategic patches retain keys.
 * @throws Error that names the type and field of a mistake in the table.
 */
export function expandTable(prefix: string, text: string, ...imports: readonly TypeTable[]): TypeTable {
  const paragraphs = paragraphsOf(text);
  const types: Record<string, Struct> = {};
  for (const { name, atomic } of paragraphs) types[name] = emptyStruct(`${prefix}.${name}`, atomic);
  const find = (name: string): Schema | undefined => {
    for (const table of [types, ...imports, SCALARS]) if (table[name] !== undefined) return table[name];
    return undefined;
  };
  for (const { name, fields } of paragraphs) {
    const struct = types[name];
    for (const token of fields) {
      const field = parseField(token, find, `${prefix}.${name}`);
      if (struct === undefined) continue;
      struct.properties[field.name] = field.schema;
      if (field.required) struct.required.push(field.name);
    }
  }
  return types;
}

/** Filled in place, so that types can hold each other. */
interface Struct extends Schema {
  readonly properties: Record<string, Schema>;
  readonly required: string[];
}

function emptyStruct(typeName: string, atomic: boolean): Struct {
  return {
    type: 'object',
    typeName,
    properties: {},
    required: [],
    ...(atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

const SCALARS: TypeTable = {
  string: { type: 'string' },
  int: { type: 'integer', format: 'int32' },
  long: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bool: { type: 'boolean' },
  quantity: { type: 'string', format: 'quantity', typeName: 'io.k8s.apimachinery.pkg.api.resource.Quantity' },
  time: { type: 'string', format: 'date-time', typeName: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time' },
  micro: { type: 'string', format: 'micro-time', typeName: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime' },
  bytes: { type: 'string', format: 'byte' },
  intstr: { 'x-kubernetes-int-or-string': true, typeName: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString' },
  any: { 'x-kubernetes-preserve-unknown-fields': true, typeName: 'io.k8s.apimachinery.pkg.runtime.RawExtension' },
};

function paragraphsOf(text: string) {
  const paragraphs: { name: string; atomic: boolean; fields: string[] }[] = [];
  for (const line of text.split('\n')) {
    const head = /^(\w+)(@?):(.*)$/.exec(line);
    const rest = (head?.[3] ?? line).split(/\s+/).filter((token) => token !== '');
    if (head?.[1] !== undefined) paragraphs.push({ name: head[1], atomic: head[2] === '@', fields: rest });
    else if (rest.length > 0) paragraphs.at(-1)?.fields.push(...rest);
  }
  return paragraphs;
}

const ZERO_VALUES: Readonly<Record<string, 'keep' | 'emit' | 'null'>> = { '?': 'keep', '+': 'emit', '%': 'null' };

const FIELD = /^([\w$-]+)(!?)(?::(.+?))?([?+%]?)(?:=(.*))?$/;

function parseField(token: string, find: (name: string) => Schema | undefined, where: string) {
  const match = FIELD.exec(token);
  const name = match?.[1];
  if (match === null || name === undefined) throw new Error(`${where}: cannot read the field ${token}`);
  const schema = parseType(match[3] ?? 'string', find, `${where}.${name}`);
  const zeroValue = ZERO_VALUES[match[4] ?? ''];
  const value = match[5] === undefined ? undefined : defaultOf(match[5], schema);
  return {
    name,
    required: match[2] === '!',
    schema: {
      ...schema,
      ...(zeroValue === undefined ? {} : { zeroValue }),
      ...(value === undefined ? {} : { default: value }),
    } satisfies Schema,
  };
}

function defaultOf(text: string, schema: Schema): unknown {
  if (schema.type === 'integer') return Number(text);
  if (schema.type === 'boolean') return text === 'true';
  return text;
}

function parseType(text: string, find: (name: string) => Schema | undefined, where: string): Schema {
  const list = /^\[(.+)\](.*)$/.exec(text);
  if (list?.[1] !== undefined) {
    return { type: 'array', items: parseType(list[1], find, where), ...listMarks(list[2] ?? '', where) };
  }
  const map = /^\{(.+)\}(@?)$/.exec(text);
  if (map?.[1] !== undefined) {
    const schema: Schema = { type: 'object', additionalProperties: parseType(map[1], find, where) };
    return map[2] === '@' ? { ...schema, 'x-kubernetes-map-type': 'atomic' } : schema;
  }
  const retains = text.endsWith('^');
  const found = find(retains ? text.slice(0, -1) : text);
  if (found === undefined) throw new Error(`${where}: no type ${text}`);
  return retains ? { ...found, 'x-kubernetes-patch-strategy': 'retainKeys' } : found;
}

function listMarks(marks: string, where: string): Schema {
  if (marks === '') return { 'x-kubernetes-list-type': 'atomic' };
  if (marks === '#') return { 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' };
  if (marks === '~') return { 'x-kubernetes-list-type': 'atomic', 'x-kubernetes-patch-strategy': 'merge' };
  const keys = /^(\{|~|\^)([\w,]+)\}?$/.exec(marks);
  if (keys?.[2] === undefined) throw new Error(`${where}: cannot read the list marks ${marks}`);
  const names = keys[2].split(',');
  const merge: Schema = {
    'x-kubernetes-patch-strategy': keys[1] === '^' ? 'merge,retainKeys' : 'merge',
    'x-kubernetes-patch-merge-key': names[0] ?? '',
  };
  if (keys[1] === '~') return { 'x-kubernetes-list-type': 'atomic', ...merge };
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': names, ...merge };
}
