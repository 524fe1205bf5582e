import { isObject } from '../json.ts';
import type { Schema } from '../schema.ts';
import { type FieldSet, NO_FIELDS } from './field-set.ts';
import { byElement, fieldSchema, itemElement, type Shape, shapeOf, UNTYPED } from './typed.ts';

/** Lays an applied configuration over the live object: what it names wins, keyed lists are merged by their keys. */
export function mergeTyped(live: unknown, applied: unknown, schema: Schema): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null) return applied;
  const shape = shapeOf(schema, applied);
  if (shape.form === 'list' && Array.isArray(live) && Array.isArray(applied)) return mergeLists(live, applied, shape);
  if (shape.form !== 'map' || !isObject(live) || !isObject(applied)) return applied;
  const merged: Record<string, unknown> = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    merged[name] = mergeTyped(Object.hasOwn(live, name) ? live[name] : undefined, value, fieldSchema(shape, name));
  }
  return merged;
}

/** Items of the live list alone keep their place; the order of the applied ones is the applied one. */
function mergeLists(
  live: readonly unknown[],
  applied: readonly unknown[],
  shape: Extract<Shape, { form: 'list' }>,
): readonly unknown[] {
  const old = byElement(live, shape);
  const now = byElement(applied, shape);
  const merged: unknown[] = [];
  const elements = [...now.keys()];
  const take = (element: string) => merged.push(mergeTyped(old.get(element), now.get(element), shape.items));
  let next = 0;
  for (const item of live) {
    const element = itemElement(item, shape);
    if (!now.has(element)) merged.push(item);
    else if (elements.indexOf(element) >= next) {
      for (; next <= elements.indexOf(element); next += 1) take(elements[next] ?? element);
    }
  }
  for (; next < elements.length; next += 1) take(elements[next] ?? '');
  return merged;
}

/** The value without the fields of the set; undefined when nothing is left. */
export function removeFields(value: unknown, set: FieldSet, schema: Schema): unknown {
  const shape = shapeOf(schema, value);
  if (shape.form === 'list' && Array.isArray(value)) {
    const kept = value.flatMap((item) => {
      const element = itemElement(item, shape);
      if (set.members.has(element)) return [];
      const below = set.children.get(element);
      const left = below === undefined ? item : removeFields(item, below, shape.items);
      return left === undefined ? [] : [left];
    });
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  if (shape.form !== 'map' || !isObject(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    const element = `f:${name}`;
    if (set.members.has(element)) continue;
    const below = set.children.get(element);
    const left = below === undefined ? child : removeFields(child, below, fieldSchema(shape, name));
    if (left !== undefined) kept[name] = left;
  }
  return Object.keys(kept).length === 0 && Object.keys(value).length > 0 ? undefined : kept;
}

/** The set with every declared field that has something below it added as a member. */
export function withNamedFields(set: FieldSet, schema: Schema): FieldSet {
  const shape = shapeOf(schema, {});
  const members = new Set(set.members);
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const name = element.slice(2);
    const named = element.startsWith('f:');
    if (named && shape.form === 'map' && Object.hasOwn(shape.fields, name)) members.add(element);
    children.set(element, withNamedFields(child, named ? schemaBelow(shape, name) : itemSchema(schema)));
  }
  return children.size === 0 && members.size === 0 ? NO_FIELDS : { members, children };
}

function schemaBelow(shape: Shape, name: string): Schema {
  return shape.form === 'map' ? fieldSchema(shape, name) : UNTYPED;
}

function itemSchema(schema: Schema): Schema {
  return schema.items ?? UNTYPED;
}
