import { inspect } from 'node:util';

/** An error of a schema that quotes what was written and says what is taken. */
export const quoting = (takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    `${inspect(input, { depth: 0, maxStringLength: 60, breakLength: Number.POSITIVE_INFINITY })} is not ${takes}`,
});
