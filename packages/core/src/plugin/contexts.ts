/** Contexts of hooks: frozen, with only the members that are valid in the hook. */
import type { JsonValue } from '../json.js';
import type { RandomStream } from '../random.js';
import type { ExperimentInfo, VersionInfo } from '../spec/experiment-info.js';
import type { ForkSpec, VersionSpec } from '../spec/fields.js';
import type { OrderBy } from '../spec/values.js';
import type { LossRequest } from './loss-request.js';

/** Logs lines prefixed with the names of the strategy and the plugin. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

/** A cost that a plugin causes outside of training, e.g. scoring a corpus with a model. */
export interface Charge {
  /** Purpose. There is one charge per plugin, version and `what`; repeated charges count once. */
  readonly what: string;
  readonly tokens?: number;
  readonly flops?: number;
}

/** Common to the contexts of all deciders. */
export interface DeciderContext<Options = unknown> {
  /** The plugin's validated options, with defaults. */
  readonly options: Options;
  readonly experiment: ExperimentInfo;
  /** Name of the strategy. */
  readonly strategy: string;
  readonly version: VersionInfo;
  readonly log: Logger;
  /** Books a cost to the version that is being decided. */
  readonly charge: (charge: Charge) => void;
}

/** Context of `onVersion`. */
export interface VersionContext<Options = unknown> extends DeciderContext<Options> {
  /** Number of versions in the experiment. */
  readonly count: number;
  /** Whole batches in the version's increment: the default of `steps` with `data: { use: 'new' }`. */
  readonly stepsOfIncrement: number;
}

/** Context of `onFork`. */
export interface ForkContext<Options = unknown> extends DeciderContext<Options> {
  /** Number of versions in the experiment. */
  readonly count: number;
  /** The branch's name in `forks`. */
  readonly fork: string;
  /** The merged spec of the version that the branch belongs to. */
  readonly spec: VersionSpec;
  /** The branches before it in the spec's `forks`, as they were decided. */
  readonly forks: readonly EarlierFork[];
}

/** A branch that was decided before another one. */
export interface EarlierFork {
  readonly name: string;
  readonly spec: ForkSpec;
}

/** Context of `onRelease`. */
export interface ReleaseContext<Options = unknown> extends VersionContext<Options> {
  /** The merged spec of the version; `release.average` is null as long as nothing else decides it. */
  readonly spec: VersionSpec;
  /** The order of the sequences on the path that is released. */
  readonly order: OrderBy;
}

/** Losses of a state on the sequences of a version's data. */
export interface SequenceLosses {
  /** Ids of the sequences, ascending. */
  readonly sequences: Uint32Array;
  /** Mean loss of each sequence, nats per token. */
  readonly loss: Float64Array;
}

/** Context of `onFork` in a reactive plugin. */
export interface ReactiveForkContext<Options = unknown> extends ForkContext<Options> {
  /**
   * Losses on the sequences of the version's data or, with `heldOut: true`, on held-out text, as many times as asked.
   * By default they are measured where the branch leaves, or, if that depends on losses, at the end of the path before
   * it in `forks`. Throws while the losses are not measured, and `onFork` is called again once they are: do not catch
   * this error. To learn where the branch leaves, `onFork` is also called with losses that are made up; nothing else of
   * its answer is used.
   *
   * A branch that depends on losses leaves at a state that was measured, or later on its path: training does not pass
   * the measured state before the branch is decided.
   */
  readonly losses: (request?: LossRequest) => SequenceLosses;
}

/** A value of one plugin on one path. Branches get a copy, or the initial value (`carry.plugins`). */
export interface StateSlot {
  get(): JsonValue;
  set(value: JsonValue): void;
}

/** Context of `onStep`. */
export interface StepContext<Options = unknown> extends DeciderContext<Options> {
  /** `main` or the name of a fork. */
  readonly path: string;
  /** Index of the step on its path, from 0. */
  readonly step: number;
  /** Number of steps of this path. */
  readonly steps: number;
  /** Learning rate of this step before `lr.factor` is applied. */
  readonly rate: number;
  /** Sequence ids of the batch. */
  readonly sequences: Uint32Array;
  /**
   * Rank of each sequence of the batch by score among the data of its version, from 0 (the lowest) to 1. Absent if the
   * data has no scores.
   */
  readonly ranks?: Float64Array;
  /** State that the plugin keeps between steps of the path. */
  readonly state: StateSlot;
  /** A named random stream of this plugin. On a branch it continues or starts anew (`carry.random`). */
  readonly random: (name: string) => RandomStream;
}

/** Context of `observe`, which is called once per strategy and seed. */
export interface ObserveContext<Options = unknown> {
  readonly options: Options;
  readonly experiment: ExperimentInfo;
  readonly strategy: string;
  readonly seed: number;
  readonly log: Logger;
}
