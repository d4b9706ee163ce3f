import { inspect } from 'node:util';

/** The error of a schema that quotes the value it refuses and says what it takes. */
export const quoting = (takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    `${inspect(input, { depth: 0, maxStringLength: 60, breakLength: Number.POSITIVE_INFINITY })} is not ${takes}`,
});
