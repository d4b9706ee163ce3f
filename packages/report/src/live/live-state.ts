/** A run as it stands: what the live page draws. */
import type { Cost, Digest } from '@branchline/core';
import type { Results } from '@branchline/evaluation';

/**
 * What a run does.
 *
 * - `planning`: text is read and the plan is made; nothing is trained yet.
 * - `training`: steps are trained or releases evaluated.
 * - `finished`: everything of the plan is stored and evaluated.
 * - `failed`: it ended, and strategies lack releases for an error.
 * - `stopped`: it ended before its plan, by the user, a budget or a full disk.
 * - `killed`: it did not say how it ended, and its process is gone or silent.
 */
export type LiveStatus = 'planning' | 'training' | 'finished' | 'failed' | 'stopped' | 'killed';

/** What trains one segment at a time: a lane of this machine, or a job of a cluster. */
export interface LiveLane {
  /** `lane 1`, `job 1a2b3c4d on node-2`: a job by the first digits of the state that it makes. */
  readonly name: string;
  /** Strategies that need the segment, under its seed. Empty while the lane waits. */
  readonly strategies: readonly string[];
  readonly seed?: number;
  /** Steps of the segment that are trained, and all of them. */
  readonly step?: number;
  readonly steps?: number;
  /** Of the last step: nats per token, and the rate it was trained with. */
  readonly loss?: number;
  readonly rate?: number;
}

/** A curve of losses and rates of a path, by the track names of loggers. */
export interface LiveCurve {
  /** `path switching/seed-1/v2-branch`. */
  readonly track: string;
  /** Strategies that train on these steps. */
  readonly strategies: readonly string[];
  readonly seed: number;
  readonly version: number;
  readonly path: string;
  /** `[position, loss, rate]`, ascending, thinned to a few hundred; positions count steps since fresh weights. */
  readonly points: readonly (readonly [number, number, number])[];
}

/** The state of a run at one moment. Everything in it comes from the run directory. */
export interface LiveState {
  /** Name of the experiment. */
  readonly experiment: string;
  readonly status: LiveStatus;
  /** One or two sentences for the user: why it stopped and the command that continues it. */
  readonly about?: string;
  /** When the last sign of life was written, in milliseconds since 1970. */
  readonly updatedAt?: number;
  /** When this run began, in milliseconds since 1970. */
  readonly startedAt?: number;
  /**
   * The plan and what exists of it, as in partial results: graph and paths are planned, releases are there by now.
   * Costs of strategies are those of the last written results. Absent before the plan is known.
   */
  readonly results?: Results;
  /** Steps of the whole plan, and of them the stored or trained ones. */
  readonly steps: { readonly done: number; readonly planned: number };
  /** Trained steps of segments, by the key of the state at their end; a segment that is absent has none. */
  readonly segments: Readonly<Record<Digest, { readonly done: number; readonly steps: number }>>;
  /**
   * What this run directory has cost by now, and what the rest of the plan will add, with evaluations once one was
   * made. `ahead.deviceSeconds` is 0 while no speed is known.
   */
  readonly cost: { readonly spent: Cost; readonly ahead: Cost };
  /** Currency of `money` in costs, ISO 4217. */
  readonly currency: string;
  /**
   * Seconds until the plan is done. `from`: measured in this run, or learned from the ledger's earlier entries of the
   * same device and kind of work. Absent while unknown, and when nothing runs.
   */
  readonly timeLeft?: { readonly seconds: number; readonly from: 'this run' | 'earlier entries' };
  /** Tokens trained per second lately; absent when nothing trains. */
  readonly tokensPerSecond?: number;
  readonly lanes: readonly LiveLane[];
  readonly curves: readonly LiveCurve[];
  /** Warnings and errors of this run, the latest last; the latest hundred. */
  readonly messages: readonly { readonly level: 'info' | 'warn' | 'error'; readonly text: string }[];
}
