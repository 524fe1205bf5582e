import { AssertionError } from 'chai';

/** The error that the work fails with, which must be of this class. */
export async function failure<E extends Error>(
  work: Promise<unknown>,
  // biome-ignore lint/suspicious/noExplicitAny: any constructor of the class will do
  kind: abstract new (...parameters: any[]) => E,
): Promise<E> {
  let value: unknown;
  try {
    value = await work;
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new AssertionError(`expected ${kind.name}, but it succeeded with ${JSON.stringify(value)}`);
}
