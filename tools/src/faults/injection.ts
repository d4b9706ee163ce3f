/**
 * Faults that a preloaded module injects into a process (preload.mjs). A moment is a change of the file system or a
 * training step.
 */

/** No fault: only counts moments. */
interface Count {
  readonly kind: 'count';
}

/** The process sends itself a signal at these moments, counted from 1. With `half`, after half of a write. */
interface Signal {
  readonly kind: 'signal';
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT' | 'SIGSTOP';
  readonly at: readonly number[];
  readonly half: boolean;
}

/** The first file system change at or after moment `at` fails; if it `lasts`, so do all later ones. */
interface Failure {
  readonly kind: 'failure';
  /** `EDQUOT` has no name in some versions of Node, which then say `Unknown system error`. */
  readonly code: 'ENOSPC' | 'EDQUOT' | 'EIO';
  readonly at: number;
  /** Whether half of the data is written before the failure. */
  readonly half: boolean;
  readonly lasts: boolean;
}

/** The clock is set back by this many milliseconds. Moment 0: from the start. */
interface Clock {
  readonly kind: 'clock';
  readonly at: number;
  readonly back: number;
}

/**
 * Training step `at`, counted from 1, gives a loss of NaN: reported by the trainer only, or because the weights are
 * NaN.
 */
interface NotANumber {
  readonly kind: 'nan';
  readonly at: number;
  readonly how: 'weights' | 'loss';
}

/**
 * The process seems to run on another machine: other host name, system kernel and process namespace, a clock `skew`
 * milliseconds ahead. Waiting for a lease takes a fraction of the time. With `at`, it is suspended or killed at that
 * moment.
 */
interface OtherMachine {
  readonly kind: 'machine';
  readonly name: string;
  readonly skew: number;
  /** Whether the file system shows the locks of files to other machines. */
  readonly sharedLocks: boolean;
  readonly at?: number;
  readonly signal?: 'SIGKILL' | 'SIGSTOP';
}

/** A fault within a process. */
export type Injection = Count | Signal | Failure | Clock | NotANumber | OtherMachine;

/** What the preloaded module reports. */
export interface InjectionReport {
  readonly moments: number;
  readonly steps: number;
  /** The operations that were in progress when the fault was injected. */
  readonly hit: readonly string[];
}

/** The environment variable that holds `{ injection, report }`. */
export const VARIABLE = 'BRANCHLINE_FAULT';
