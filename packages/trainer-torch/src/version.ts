/** Part of `numerics`, and so of every step key: it rises with every change that may change a bit. */
export const VERSION = '0.1.0';
