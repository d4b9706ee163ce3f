/**
 * What a preloaded module is told to let go wrong in a process (preload.mjs). A moment is a change of the file system
 * or a training step.
 */

/** Nothing: moments are counted. */
interface Count {
  readonly kind: 'count';
}

/**
 * The process sends itself a signal at these moments, the first being 1. `half`: the signal comes when half of a write
 * is done.
 */
interface Signal {
  readonly kind: 'signal';
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT' | 'SIGSTOP';
  readonly at: readonly number[];
  readonly half: boolean;
}

/** The first change of the file system from moment `at` on fails, or, when it `lasts`, all of them. */
interface Failure {
  readonly kind: 'failure';
  readonly code: 'ENOSPC' | 'EIO';
  readonly at: number;
  /** Half of the data are written before. */
  readonly half: boolean;
  readonly lasts: boolean;
}

/** The clock is set back by so many milliseconds. At moment 0 it is wrong from the start. */
interface Clock {
  readonly kind: 'clock';
  readonly at: number;
  readonly back: number;
}

/**
 * Training step `at`, the first being 1, gives a loss of NaN: told by the trainer alone, or because the weights are
 * NaN.
 */
interface NotANumber {
  readonly kind: 'nan';
  readonly at: number;
  readonly how: 'weights' | 'loss';
}

/** One thing that goes wrong within a process. */
export type Injection = Count | Signal | Failure | Clock | NotANumber;

/** What the preloaded module leaves behind. */
export interface InjectionReport {
  readonly moments: number;
  readonly steps: number;
  /** What was going on when something was let go wrong. */
  readonly hit: readonly string[];
}

/** The environment variable that holds `{ injection, report }`. */
export const VARIABLE = 'BRANCHLINE_FAULT';
