import { inspect } from 'node:util';

/** A zod error that quotes the input and says what is expected. */
export const expected = (takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    `${inspect(input, { depth: 0, maxStringLength: 60, breakLength: Number.POSITIVE_INFINITY })} is not ${takes}`,
});
