/** Milliseconds since the epoch. Dates what is written; never decides anything. */
export type Clock = () => number;
