import { isObject, sameSent } from '../api/json.ts';

/** Whether two objects say the same, whatever the order of their fields. */
export function same(a: unknown, b: unknown): boolean {
  return sameSent(a ?? null, b ?? null);
}

/** JSON with the fields of every object in order. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const names = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}
