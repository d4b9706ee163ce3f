import { inspect } from 'node:util';
import { z } from 'zod';

/** An error that quotes what was written and says what is taken. */
const quoting = (takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `${inspect(input)} is not ${takes}`,
});

/** A whole number above 0. */
export function count() {
  const error = quoting('a whole number above 0');
  return z.int(error).positive(error);
}

/** A number above 0. */
export function positive() {
  const error = quoting('a number above 0');
  return z.number(error).positive(error);
}

/** A number that is not negative. */
export function notNegative() {
  const error = quoting('a number, 0 or more');
  return z.number(error).min(0, error);
}

/** A number from 0 to below 1. */
export function belowOne() {
  const error = quoting('a number from 0 to below 1');
  return z.number(error).min(0, error).lt(1, error);
}
