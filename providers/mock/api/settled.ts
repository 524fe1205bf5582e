/** What a pass over stored objects has found as it should be, so that it need not look again. */
export interface Settled<By extends object> {
  has(value: object, by: By): boolean;
  /** Remembers the value if it can change no more: the store freezes what it holds down to its leaves. */
  note(value: object, by: By): void;
}

/** Remembers, for each stored object or part of one, the last schema by which a pass left it as it was. */
export function rememberSettled<By extends object>(): Settled<By> {
  const known = new WeakMap<object, By>();
  return {
    has: (value, by) => known.get(value) === by,
    note: (value, by) => {
      if (Object.isFrozen(value)) known.set(value, by);
    },
  };
}
