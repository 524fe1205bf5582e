import { isObject, type Json, sameJson } from '../json.ts';
import { wholeSchema } from '../kinds/meta.ts';
import type { Schema } from '../schema.ts';
import { PatchError } from './json-patch.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const ORDER_OF = '$setElementOrder/';

/**
 * Applies a strategic merge patch: like a merge patch, but lists are merged by the keys that the schema names, and
 * the directives `$patch: replace|delete|merge`, `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder` hold.
 * @throws PatchError for a directive that cannot be followed or a list item without its key.
 */
export function strategicMergePatch<T>(live: T, patch: unknown, schema: Schema): T {
  if (!isObject(patch)) throw new PatchError('a strategic merge patch is an object');
  return mergeObjects(isObject(live) ? live : {}, patch, wholeSchema(schema)) as T;
}

function mergeObjects(live: Json, patch: Json, schema: Schema): Json {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') return plain(patch) as Json;
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw new PatchError(`Unknown patch type found: ${String(directive)} for ${DIRECTIVE}`);
  }
  const merged: Record<string, unknown> = { ...retained(live, patch) };
  for (const [name, value] of Object.entries(patch)) {
    if (name === DIRECTIVE || name === RETAIN_KEYS || name.startsWith(ORDER_OF)) continue;
    if (name.startsWith(DELETE_FROM)) deleteFromList(merged, name.slice(DELETE_FROM.length), value);
    else if (value === null) delete merged[name];
    else merged[name] = mergeField({ name, live: ownValue(merged, name), value, patch, schema: below(schema, name) });
  }
  orderUntouchedLists(merged, patch, schema);
  return merged;
}

/** `$retainKeys` says which fields stay; it must name every field of the patch. */
function retained(live: Json, patch: Json): Json {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return live;
  if (!Array.isArray(keys)) throw new PatchError(`${RETAIN_KEYS} is no list`);
  const unnamed = Object.keys(patch).filter(
    (name) => !name.startsWith('$') && patch[name] !== null && !keys.includes(name),
  );
  if (unnamed.length > 0) throw new PatchError(`${RETAIN_KEYS} does not name ${unnamed.join(', ')}`);
  return Object.fromEntries(Object.entries(live).filter(([name]) => keys.includes(name)));
}

function deleteFromList(merged: Record<string, unknown>, name: string, values: unknown): void {
  const list = merged[name];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  merged[name] = list.filter((item) => !values.some((value) => sameJson(item, value)));
}

interface FieldMerge {
  readonly name: string;
  readonly live: unknown;
  readonly value: unknown;
  readonly patch: Json;
  readonly schema: Schema;
}

function mergeField({ name, live, value, patch, schema }: FieldMerge): unknown {
  if (isObject(value)) return mergeObjects(isObject(live) ? live : {}, value, schema);
  if (!Array.isArray(value)) return value;
  if (!strategyOf(schema).includes('merge')) return plain(value);
  const order = patch[`${ORDER_OF}${name}`];
  return mergeLists(Array.isArray(live) ? live : [], value, {
    schema,
    order: Array.isArray(order) ? order : undefined,
  });
}

interface ListMerge {
  readonly schema: Schema;
  readonly order: readonly unknown[] | undefined;
}

function mergeLists(live: readonly unknown[], patch: readonly unknown[], list: ListMerge): readonly unknown[] {
  const all = [...live, ...patch];
  if (!all.some(isObject)) {
    const merged = unique([...live, ...patch]);
    return ordered(merged, { order: list.order ?? patch, live, same: sameJson });
  }
  const key = keyOf(list.schema);
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === 'replace' && item[key] === undefined)) {
    return patch.filter((item) => !(isObject(item) && item[DIRECTIVE] !== undefined)).map(plain);
  }
  const merged = mergeItems(live, patch, { key, schema: list.schema });
  const same = (a: unknown, b: unknown) => isObject(a) && isObject(b) && sameJson(a[key], b[key]);
  return ordered(merged, { order: list.order ?? patch, live, same });
}

function mergeItems(
  live: readonly unknown[],
  patch: readonly unknown[],
  { key, schema }: { readonly key: string; readonly schema: Schema },
): readonly unknown[] {
  let merged: readonly unknown[] = live;
  for (const item of patch) {
    if (!isObject(item)) throw new PatchError('a list holds both objects and other values');
    const value = item[key];
    if (value === undefined)
      throw new PatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const fits = (one: unknown) => isObject(one) && sameJson(one[key], value);
    const directive = item[DIRECTIVE];
    if (directive === 'delete') merged = merged.filter((one) => !fits(one));
    else if (directive === 'replace') merged = replaced(merged, fits, plain(item));
    else {
      const old = merged.find(fits);
      merged = replaced(merged, fits, mergeObjects(isObject(old) ? old : {}, item, schema.items ?? {}));
    }
  }
  return merged;
}

function replaced(list: readonly unknown[], fits: (one: unknown) => boolean, item: unknown): readonly unknown[] {
  const at = list.findIndex(fits);
  return at < 0 ? [...list, item] : list.map((one, index) => (index === at ? item : one));
}

interface Ordering {
  /** The order that the patch wants for the items that it names. */
  readonly order: readonly unknown[];
  readonly live: readonly unknown[];
  readonly same: (a: unknown, b: unknown) => boolean;
}

/**
 * Items that the patch names come in its order, the others in the live order; where the two meet, an unnamed item
 * stands before a named one only if it did so in the live list.
 */
function ordered(merged: readonly unknown[], { order, live, same }: Ordering): readonly unknown[] {
  const placeIn = (list: readonly unknown[], item: unknown) => list.findIndex((one) => same(one, item));
  const byPlace = (list: readonly unknown[]) => (a: unknown, b: unknown) => placeIn(list, a) - placeIn(list, b);
  const named = merged.filter((item) => placeIn(order, item) >= 0).sort(byPlace(order));
  const others = merged.filter((item) => placeIn(order, item) < 0).sort(byPlace(live));
  const result: unknown[] = [];
  while (named.length > 0 || others.length > 0) {
    const [mine, theirs] = [named[0], others[0]];
    if (others.length === 0) result.push(named.shift());
    else if (named.length === 0) result.push(others.shift());
    else {
      const [at, other] = [placeIn(live, mine), placeIn(live, theirs)];
      result.push(at >= 0 && other >= 0 && other < at ? others.shift() : named.shift());
    }
  }
  return result;
}

/** `$setElementOrder` may come alone, for a list that the patch changes in nothing else. */
function orderUntouchedLists(merged: Record<string, unknown>, patch: Json, schema: Schema): void {
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(ORDER_OF) || !Array.isArray(order)) continue;
    const field = name.slice(ORDER_OF.length);
    const list = merged[field];
    if (!Array.isArray(list) || Object.hasOwn(patch, field)) continue;
    const key = below(schema, field)['x-kubernetes-patch-merge-key'] ?? '';
    const same = (a: unknown, b: unknown) => (isObject(a) && isObject(b) ? sameJson(a[key], b[key]) : sameJson(a, b));
    merged[field] = ordered(list, { order, live: list, same });
  }
}

/** A value without directives: what is new has nothing to be merged with. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.startsWith('$'))
      .map(([name, child]) => [name, plain(child)]),
  );
}

function below(schema: Schema, name: string): Schema {
  const { properties, additionalProperties } = schema;
  const own = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return own ?? (typeof additionalProperties === 'object' ? additionalProperties : {});
}

function strategyOf(schema: Schema): readonly string[] {
  return schema['x-kubernetes-patch-strategy']?.split(',') ?? [];
}

function keyOf(schema: Schema): string {
  const key = schema['x-kubernetes-patch-merge-key'];
  if (key === undefined) throw new PatchError('cannot merge a list whose merge key is not known');
  return key;
}

function unique(list: readonly unknown[]): readonly unknown[] {
  return list.filter((item, index) => list.findIndex((one) => sameJson(one, item)) === index);
}

function ownValue(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
