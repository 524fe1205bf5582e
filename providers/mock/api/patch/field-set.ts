import { isObject } from '../json.ts';

/**
 * A set of fields of an object, as managedFields book them. Keys are path elements: `f:name` a field, `k:{…}` a list
 * item by its keys, `v:…` an item by its value. A member belongs to the set itself; below it others may.
 */
export interface FieldSet {
  readonly members: ReadonlySet<string>;
  readonly children: ReadonlyMap<string, FieldSet>;
}

/** The set of nothing. */
export const NO_FIELDS: FieldSet = { members: new Set(), children: new Map() };

/** A set that can be added to. */
export class FieldSetBuilder implements FieldSet {
  readonly members = new Set<string>();
  readonly children = new Map<string, FieldSetBuilder>();

  /** Adds the field at a path; the empty path is no field. */
  add(path: readonly string[]): void {
    const last = path.at(-1);
    if (last === undefined) return;
    let at: FieldSetBuilder = this;
    for (const element of path.slice(0, -1)) at = at.#child(element);
    at.members.add(last);
  }

  #child(element: string): FieldSetBuilder {
    const known = this.children.get(element);
    if (known !== undefined) return known;
    const child = new FieldSetBuilder();
    this.children.set(element, child);
    return child;
  }
}

/** True for the set of nothing. */
export function isEmptySet(set: FieldSet): boolean {
  return set.members.size === 0 && [...set.children.values()].every(isEmptySet);
}

/** What is in one of them. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children);
  for (const [element, child] of b.children) {
    const mine = children.get(element);
    children.set(element, mine === undefined ? child : union(mine, child));
  }
  return { members: new Set([...a.members, ...b.members]), children };
}

/** What is in the first and not in the second. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return {
    members: new Set([...a.members].filter((element) => !b.members.has(element))),
    children: mapChildren(a, (child, element) => {
      const other = b.children.get(element);
      return other === undefined ? child : difference(child, other);
    }),
  };
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return {
    members: new Set([...a.members].filter((element) => b.members.has(element))),
    children: mapChildren(a, (child, element) => {
      const other = b.children.get(element);
      return other === undefined ? NO_FIELDS : intersection(child, other);
    }),
  };
}

/** The set without what stands at or below these paths. */
export function without(set: FieldSet, paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce(withoutPath, set);
}

function withoutPath(set: FieldSet, path: readonly string[]): FieldSet {
  const [first, ...rest] = path;
  if (first === undefined) return NO_FIELDS;
  const members = new Set(set.members);
  const children = new Map(set.children);
  const child = children.get(first);
  if (rest.length === 0) {
    members.delete(first);
    children.delete(first);
  } else if (child !== undefined) {
    const less = withoutPath(child, rest);
    if (isEmptySet(less)) children.delete(first);
    else children.set(first, less);
  }
  return { members, children };
}

function mapChildren(set: FieldSet, change: (child: FieldSet, element: string) => FieldSet): Map<string, FieldSet> {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const changed = change(child, element);
    if (!isEmptySet(changed)) children.set(element, changed);
  }
  return children;
}

/** Every path in the set, in order. */
export function pathsOf(set: FieldSet, prefix: readonly string[] = []): readonly (readonly string[])[] {
  const elements = [...new Set([...set.members, ...set.children.keys()])].sort(inOrder);
  return elements.flatMap((element) => {
    const path = [...prefix, element];
    const child = set.children.get(element);
    return [...(set.members.has(element) ? [path] : []), ...(child === undefined ? [] : pathsOf(child, path))];
  });
}

/** Reads `fieldsV1`. */
export function readFields(fields: unknown): FieldSet {
  const members = new Set<string>();
  const children = new Map<string, FieldSet>();
  if (!isObject(fields)) return NO_FIELDS;
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.') continue;
    const child = readFields(below);
    if (isEmptySet(child) || (isObject(below) && Object.hasOwn(below, '.'))) members.add(element);
    if (!isEmptySet(child)) children.set(element, child);
  }
  return { members, children };
}

/** Writes `fieldsV1`. */
export function writeFields(set: FieldSet): Readonly<Record<string, unknown>> {
  const elements = [...new Set([...set.members, ...set.children.keys()])].sort(inOrder);
  const written: Record<string, unknown> = {};
  for (const element of elements) {
    const child = set.children.get(element);
    const own = set.members.has(element);
    if (child === undefined || isEmptySet(child)) {
      if (own) written[element] = {};
    } else written[element] = own ? { '.': {}, ...writeFields(child) } : writeFields(child);
  }
  return written;
}

/** A path as conflicts name it, e.g. `.spec.items[name="a"].v`. */
export function pathText(path: readonly string[]): string {
  return path
    .map((element) => {
      const text = element.slice(2);
      if (element.startsWith('f:')) return `.${text}`;
      if (element.startsWith('v:')) return `[=${text}]`;
      if (element.startsWith('i:')) return `[${text}]`;
      const keys = Object.entries(JSON.parse(text) as Record<string, unknown>);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
