import type { StatusCause } from '../objects.ts';
import { milliQuantity } from '../quantity.ts';
import { invalid } from './causes.ts';

/** What is wrong with an amount of a resource that may not be negative. */
export function quantityProblems(value: unknown, field: string): readonly StatusCause[] {
  const amount = milliQuantity(`${value}`);
  if (amount === undefined) {
    const pattern = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    return [invalid(field, value, pattern)];
  }
  return amount < 0n ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}
