import { inspect } from 'node:util';
import { z } from 'zod';

/** A schema error that quotes the rejected value and names what is accepted. */
export const expected = (accepts: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `${inspect(input)} is not ${accepts}`,
});

/** Schema of a whole number above 0. */
export function count() {
  const error = expected('a whole number above 0');
  return z.int(error).positive(error);
}

/** Schema of a number above 0. */
export function positive() {
  const error = expected('a number above 0');
  return z.number(error).positive(error);
}

/** Schema of a number of at least 0. */
export function notNegative() {
  const error = expected('a number, 0 or more');
  return z.number(error).min(0, error);
}

/** Schema of a number from 0 (inclusive) to 1 (exclusive). */
export function belowOne() {
  const error = expected('a number from 0 to below 1');
  return z.number(error).min(0, error).lt(1, error);
}
