import { token } from './di.js';

/** Milliseconds since the epoch. Dates what is written; never decides anything. */
export type Clock = () => number;

export const CLOCK = token<Clock>('clock');
