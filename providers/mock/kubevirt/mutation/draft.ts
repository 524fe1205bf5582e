/** A value under construction: a private copy that defaults are written into. */
export type Draft<T> = T extends string | number | boolean | undefined | null
  ? T
  : { -readonly [K in keyof T]: Draft<T[K]> };

/** A copy of `value` that may be written to. */
export function draftOf<T>(value: T): Draft<T> {
  return structuredClone(value) as Draft<T>;
}
