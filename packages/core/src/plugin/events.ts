/**
 * What observers see of a run: plain, frozen objects. An observer changes nothing; one that throws is reported and
 * stops nothing.
 */
import type { Digest } from '../json.js';

/** The path of a strategy on which something happened. */
export interface PathPlace {
  readonly strategy: string;
  readonly version: number;
  /** `main` or the name of a fork. */
  readonly path: string;
}

/** A run begins, for one strategy under one seed. */
export interface RunStartEvent {
  readonly strategy: string;
  readonly seed: number;
  /** Number of versions in the experiment. */
  readonly versions: number;
  /** Steps that the run will train for all strategies together; what is stored already is not among them. */
  readonly steps: number;
}

/** A step was trained. Steps that were reused are not repeated. */
export interface StepEvent extends PathPlace {
  /** Key of the segment's end. */
  readonly segment: Digest;
  /** Index of the step on its path, from 0. */
  readonly step: number;
  /** Steps since the weights were drawn, this one included. */
  readonly position: number;
  /** Tokens since the weights were drawn, this step's included. */
  readonly tokens: number;
  readonly rate: number;
  /** Nats per token, before the update. */
  readonly loss: number;
  /** Global L2 norm of the gradient before clipping. */
  readonly gradNorm: number;
}

/** A segment is complete, whether it was trained now or reused. */
export interface SegmentEvent extends PathPlace {
  /** Key of its end. */
  readonly segment: Digest;
  /** Steps since the weights were drawn, at its end. */
  readonly position: number;
  readonly steps: number;
  readonly tokens: number;
  readonly reused: boolean;
}

/** A release exists and was evaluated. */
export interface ReleaseEvent extends PathPlace {
  readonly checkpoint: Digest;
  /** Steps and tokens since the weights were drawn. */
  readonly position: number;
  readonly tokens: number;
  /** Nats per token on the held-out text of all versions up to this one. */
  readonly loss: number;
  /** True when it was stored already. */
  readonly reused: boolean;
}

/** The release of a version exists and was evaluated; comes after its `afterRelease`. */
export interface VersionEvent {
  readonly strategy: string;
  readonly version: number;
}

/** A run ends, for one strategy under one seed. */
export interface RunEndEvent {
  readonly strategy: string;
  readonly seed: number;
  /**
   * `completed`: all of its releases exist. `failed`: something that only it and its like need could not be made.
   * `stopped`: the run was.
   */
  readonly outcome: 'completed' | 'failed' | 'stopped';
}

/** Hooks that watch, as plain signatures. */
export interface Observers {
  beforeRun(event: RunStartEvent): void;
  afterStep(event: StepEvent): void;
  afterSegment(event: SegmentEvent): void;
  afterRelease(event: ReleaseEvent): void;
  afterVersion(event: VersionEvent): void;
  afterRun(event: RunEndEvent): void;
}
