import { inspect } from 'node:util';
import { z } from 'zod';

/** An error that quotes what was written and says what the option takes. */
export const quoting = (option: string, takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `${option} is ${inspect(input)}: ${takes}`,
});

/** A number from 0 to 1; `what` says which share it is. */
export function share(option: string, what: string) {
  const error = quoting(option, `a number from 0 to 1, ${what}`);
  return z.number(error).min(0, error).max(1, error);
}

/** A share that may be neither 0 nor more than 1; `instead` names what to write for 0. */
export function positiveShare(option: string, what: string, instead: string) {
  const error = quoting(option, `a number above 0, at most 1, ${what} (${instead})`);
  return z.number(error).gt(0, error).max(1, error);
}

/** A share below 1; `instead` names what to write for 1. */
export function shareBelowOne(option: string, what: string, instead: string) {
  const error = quoting(option, `a number from 0 to below 1, ${what} (${instead})`);
  return z.number(error).min(0, error).lt(1, error);
}
