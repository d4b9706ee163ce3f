/**
 * Known cycles by package, still to be repaired: each a set of folders or files of `src/` that import each other. A
 * cycle within one of these sets is printed and does not fail. There are none.
 */
export const KNOWN_CYCLES: Readonly<Record<string, readonly (readonly string[])[]>> = {};
