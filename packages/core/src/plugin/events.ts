/**
 * Events that observers receive: plain, frozen objects. Observers cannot change a run; an error in an observer is
 * reported and does not affect training.
 */
import type { Digest } from '../json.js';

/** The path of a strategy on which something happened. */
export interface PathPlace {
  readonly strategy: string;
  readonly version: number;
  /** `main` or the name of a fork. */
  readonly path: string;
}

/** A run begins for one strategy under one seed. */
export interface RunStartEvent {
  readonly strategy: string;
  readonly seed: number;
  /** Number of versions in the experiment. */
  readonly versions: number;
  /** Steps that the run will train for all strategies together; steps already stored do not count. */
  readonly steps: number;
}

/** A step was trained. Not sent for reused steps. */
export interface StepEvent extends PathPlace {
  /** Key of the state at the end of the segment. */
  readonly segment: Digest;
  /** Index of the step on its path, from 0. */
  readonly step: number;
  /** Steps since the weights were initialized, including this one. */
  readonly position: number;
  /** Tokens since the weights were initialized, including this step's. */
  readonly tokens: number;
  readonly rate: number;
  /** Nats per token, before the update. */
  readonly loss: number;
  /** Global L2 norm of the gradient before clipping. */
  readonly gradNorm: number;
}

/** A segment is complete: trained now, or reused. */
export interface SegmentEvent extends PathPlace {
  /** Key of the state at its end. */
  readonly segment: Digest;
  /** Steps since the weights were initialized, at its end. */
  readonly position: number;
  readonly steps: number;
  readonly tokens: number;
  readonly reused: boolean;
}

/** A release is stored and evaluated. */
export interface ReleaseEvent extends PathPlace {
  readonly checkpoint: Digest;
  /** Steps and tokens since the weights were initialized. */
  readonly position: number;
  readonly tokens: number;
  /** Nats per token on the held-out text of all versions up to this one. */
  readonly loss: number;
  /** True when it was already stored. */
  readonly reused: boolean;
}

/** The release of a version is stored and evaluated; sent after `afterRelease`. */
export interface VersionEvent {
  readonly strategy: string;
  readonly version: number;
}

/** A run ends for one strategy under one seed. */
export interface RunEndEvent {
  readonly strategy: string;
  readonly seed: number;
  /**
   * How the run ended for this strategy.
   *
   * - `completed`: all of its releases exist.
   * - `failed`: a state that it needs could not be made.
   * - `stopped`: the whole run was stopped.
   */
  readonly outcome: 'completed' | 'failed' | 'stopped';
}

/** Observers of a run by event. */
export interface Observers {
  beforeRun(event: RunStartEvent): void;
  afterStep(event: StepEvent): void;
  afterSegment(event: SegmentEvent): void;
  afterRelease(event: ReleaseEvent): void;
  afterVersion(event: VersionEvent): void;
  afterRun(event: RunEndEvent): void;
}
