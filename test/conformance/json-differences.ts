import { isDeepStrictEqual } from 'node:util';

/** Where two JSON values part, one line each: `.path: ours instead of theirs`. */
export function differences(expected: unknown, ours: unknown, path = ''): readonly string[] {
  if (isDeepStrictEqual(expected, ours)) return [];
  if (isFields(expected) && isFields(ours)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(ours)])];
    return keys.flatMap((key) => differences(expected[key], ours[key], `${path}.${key}`));
  }
  return [`${path}: ${short(ours)} instead of ${short(expected)}`];
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
