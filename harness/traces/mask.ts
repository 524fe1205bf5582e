import { IGNORED, type Ignored } from './ignored.ts';

/** Knows for one kind of objects what is not looked at. */
export interface Mask {
  isWholly(key: string): boolean;
  /** The object without what is not looked at. */
  apply(key: string, object: object): object;
}

/** Rows in the order in which a value is walked: of each the keys that are still to come. */
type Rest = readonly (readonly string[])[];

/** The mask for a kind, by the table. */
export function maskFor(resource: string, table: readonly Ignored[] = IGNORED): Mask {
  const rows = table.filter(({ of }) => of.test(resource));
  const matching = (key: string) => rows.filter(({ object }) => object === undefined || object.test(key));
  const everywhere = rows.every(({ object }) => object === undefined) ? waysOf(rows) : undefined;
  return {
    isWholly: (key) => matching(key).some(({ field }) => field === undefined),
    apply: (key, object) => without(object, everywhere ?? waysOf(matching(key))) as object,
  };
}

const IS_VALUE = '\u0000';

/** The value that a row asks for ends its way as a last step. */
function waysOf(rows: readonly Ignored[]): Rest {
  return rows.flatMap(({ field, value }) =>
    field === undefined ? [] : [value === undefined ? field : [...field, `${IS_VALUE}${value}`]],
  );
}

/** Copies only what lies on the way of a row. */
function without(value: unknown, ways: Rest): unknown {
  if (ways.length === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.flatMap((each) => kept('*', each, ways));
  const entries = Object.entries(value).flatMap(([key, each]) => kept(key, each, ways).map((one) => [key, one]));
  return Object.fromEntries(entries);
}

function kept(key: string, value: unknown, ways: Rest): readonly unknown[] {
  const on = ways.filter(([step]) => step === '*' || step === key).map((way) => way.slice(1));
  const isIgnored = on.some(
    ([next, ...more]) => next === undefined || (more.length === 0 && next === `${IS_VALUE}${String(value)}`),
  );
  return isIgnored ? [] : [without(value, on)];
}
