import { findQuantity, NOT_A_QUANTITY } from '../../quantity.ts';
import type { StatusCause } from '../objects.ts';
import { invalid } from './causes.ts';

/** What is wrong with an amount of a resource that may not be negative. */
export function quantityProblems(value: unknown, field: string): readonly StatusCause[] {
  const amount = findQuantity(`${value}`);
  if (amount === undefined) return [invalid(field, value, NOT_A_QUANTITY)];
  return amount.nano < 0n ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}
