/** Fields by name, of something that came from outside. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether it has fields: no list, no null. */
export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Its fields; none of what has no fields. */
export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

/** The value at this path of field names; undefined when a step is missing. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), value);
}

/** The items of a list; none of what is no list. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
