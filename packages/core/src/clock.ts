import { token } from './di.js';

/** Milliseconds since the epoch. Used only for timestamps in files, never for decisions. */
export type Clock = () => number;

export const CLOCK = token<Clock>('clock');
