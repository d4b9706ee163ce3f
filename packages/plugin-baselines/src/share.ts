import { z } from 'zod';

/** A number from 0 to 1. `what` names the option and says what it is a share of; messages start with it. */
export function share(what: string) {
  const error = `${what}: a number from 0 to 1`;
  return z.number({ error }).min(0, { error }).max(1, { error });
}

/** A share that may be neither 0 nor more than 1; `instead` names what to write for 0. */
export function positiveShare(what: string, instead: string) {
  const error = `${what}: a number above 0, at most 1 (${instead})`;
  return z.number({ error }).gt(0, { error }).max(1, { error });
}

/** A share below 1; `instead` names what to write for 1. */
export function shareBelowOne(what: string, instead: string) {
  const error = `${what}: a number from 0 to below 1 (${instead})`;
  return z.number({ error }).min(0, { error }).lt(1, { error });
}
