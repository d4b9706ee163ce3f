/** What hooks are given: frozen, and only what is valid in that hook. */
import type { JsonValue } from '../json.js';
import type { RandomStream } from '../random.js';
import type { ExperimentInfo, VersionInfo } from '../spec/experiment-info.js';
import type { VersionSpec } from '../spec/fields.js';

export type { ExperimentInfo, VersionInfo };

/** Writes lines that carry the plugin's and the strategy's name. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

/** Cost that a plugin causes outside training, e.g. scoring a corpus with a model. */
export interface Charge {
  /** What it was for. One charge per plugin, version and `what`; a repeated one counts once. */
  readonly what: string;
  readonly tokens?: number;
  readonly flops?: number;
}

/** What the contexts of all deciders have. */
export interface DeciderContext<Options = unknown> {
  /** The plugin's options, validated, with their defaults. */
  readonly options: Options;
  readonly experiment: ExperimentInfo;
  /** Name of the strategy. */
  readonly strategy: string;
  readonly version: VersionInfo;
  readonly log: Logger;
  /** Books cost to the version that is being decided. */
  readonly charge: (charge: Charge) => void;
}

/** What `onVersion` is given. */
export interface VersionContext<Options = unknown> extends DeciderContext<Options> {
  /** Number of versions in the experiment. */
  readonly count: number;
  /** Whole batches in the version's increment: the default of `steps` under `data: new`. */
  readonly stepsOfIncrement: number;
}

/** What `onFork` is given. */
export interface ForkContext<Options = unknown> extends DeciderContext<Options> {
  /** Number of versions in the experiment. */
  readonly count: number;
  /** The name under which `forks` asked for this branch. */
  readonly fork: string;
  /** The merged spec of the version the branch belongs to. */
  readonly spec: VersionSpec;
}

/** How well a state knows the sequences of a version's data. */
export interface SequenceLosses {
  /** Ids of the sequences, ascending. */
  readonly sequences: Uint32Array;
  /** Mean loss of each, nats per token. */
  readonly loss: Float64Array;
}

/** What `onFork` of a reactive plugin is given. */
export interface ReactiveForkContext<Options = unknown> extends ForkContext<Options> {
  /**
   * The losses of the sequences of the version's data at the end of the path before the branch, which is the fork that
   * `forks` names before it, or the main path. While they are not measured the call throws, and `onFork` is called
   * again when they are: do not catch it.
   */
  readonly losses: () => SequenceLosses;
}

/** A value that belongs to one plugin on one path. Branches get a copy, or the initial value (`carry.plugins`). */
export interface StateSlot {
  get(): JsonValue;
  set(value: JsonValue): void;
}

/** What `onStep` is given. */
export interface StepContext<Options = unknown> extends DeciderContext<Options> {
  /** `main` or the name of a fork. */
  readonly path: string;
  /** Index of the step on this path, from 0. */
  readonly step: number;
  /** Steps of this path. */
  readonly steps: number;
  /** The rate this step has unless a factor is set. */
  readonly rate: number;
  /** Sequence ids of the batch. */
  readonly sequences: Uint32Array;
  /** What the plugin keeps from step to step along the path. */
  readonly state: StateSlot;
  /** A random stream of this plugin's own. On a branch it continues or starts anew (`carry.random`). */
  readonly random: (name: string) => RandomStream;
}

/** What `observe` is given, once per strategy and seed. */
export interface ObserveContext<Options = unknown> {
  readonly options: Options;
  readonly experiment: ExperimentInfo;
  readonly strategy: string;
  readonly seed: number;
  readonly log: Logger;
}
