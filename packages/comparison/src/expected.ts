import { inspect } from 'node:util';

/** A schema error that quotes the rejected value and names what is accepted. */
export const expected = (accepts: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    `${inspect(input, { depth: 0, maxStringLength: 60, breakLength: Number.POSITIVE_INFINITY })} is not ${accepts}`,
});
