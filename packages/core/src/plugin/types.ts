import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Digest, JsonValue } from '../json.js';
import type { RandomStream } from '../random.js';
import type { ForkPart, StepPart, VersionPart, VersionSpec } from '../spec/spec.js';

/** What every plugin may know of a version's data. */
export interface VersionInfo {
  /** 1 for the first version. */
  readonly index: number;
  readonly name: string;
  /** Training sequences of the increment. */
  readonly sequences: number;
  /** Training tokens of the increment. */
  readonly tokens: number;
}

/** What a decider is told of the experiment; the same for all strategies. */
export interface ExperimentInfo {
  readonly versions: readonly VersionInfo[];
  /** Sequences per step. */
  readonly batch: number;
  /** Tokens per sequence. */
  readonly context: number;
  readonly seed: number;
  /** Whether sequences have scores to be ordered by. */
  readonly scored: boolean;
  /** The rates a path has when no plugin says otherwise; `warmup` in steps, `floor` as a share of the peak. */
  readonly lr: { readonly peak: number; readonly warmup: number; readonly floor: number };
}

/** What `onVersion` is told. */
export interface VersionContext {
  readonly experiment: ExperimentInfo;
  readonly strategy: string;
  readonly version: VersionInfo;
  /** Number of versions in the experiment. */
  readonly count: number;
  /** Whole batches in the version's increment: the kernel's default for `steps` under `data: new`. */
  readonly stepsOfIncrement: number;
}

/** What `onFork` is told. */
export interface ForkContext {
  readonly experiment: ExperimentInfo;
  readonly strategy: string;
  readonly version: VersionInfo;
  readonly count: number;
  /** The name under which `forks` asked for this branch. */
  readonly fork: string;
  /** The merged spec of the version the branch belongs to. */
  readonly spec: VersionSpec;
}

/** What `onStep` is told. */
export interface StepContext {
  readonly experiment: ExperimentInfo;
  readonly strategy: string;
  readonly version: VersionInfo;
  /** `main` or the name of a fork. */
  readonly path: string;
  /** Index of the step on this path, from 0. */
  readonly step: number;
  /** Steps of this path. */
  readonly steps: number;
  /** The rate this step will have unless a factor is set. */
  readonly rate: number;
  /** Sequence ids of the batch. */
  readonly sequences: Uint32Array;
}

/** Told after a step was trained. Not repeated for steps that were reused. */
export interface StepEvent {
  readonly strategy: string;
  readonly segment: Digest;
  /** Steps since the root of the path. */
  readonly position: number;
  readonly rate: number;
  /** Nats per token. */
  readonly loss: number;
  readonly gradNorm: number;
}

/** Told when a segment is complete, whether it was trained now or reused. */
export interface SegmentEvent {
  readonly strategy: string;
  readonly segment: Digest;
  readonly steps: number;
  readonly tokens: number;
  readonly reused: boolean;
}

/** Told when a release exists and was evaluated. */
export interface ReleaseEvent {
  readonly strategy: string;
  readonly version: number;
  readonly checkpoint: Digest;
  /** Nats per token on the held-out text of all versions up to this one. */
  readonly loss: number;
  /** True when it was stored already. */
  readonly reused: boolean;
}

/** Told when the release of a version exists and was evaluated, after `afterRelease`. */
export interface VersionEvent {
  readonly strategy: string;
  readonly version: number;
}

/**
 * Every hook, as a plain signature: the one source of hook types. Deciders (`on...`) return parts of specs and are
 * pure: same context, same part. Observers (`after...`) see and change nothing.
 */
export interface HookSignatures {
  /** Asked once per version, in order. */
  onVersion(context: VersionContext): VersionPart | undefined;
  /** Asked once per fork, after all `onVersion` of its version. Asked of every plugin of the strategy. */
  onFork(context: ForkContext): ForkPart | undefined;
  /** Asked for every step, in order, before it is keyed. A plugin without it costs nothing per step. */
  onStep(context: StepContext): StepPart | undefined;
  afterStep(event: StepEvent): void;
  afterSegment(event: SegmentEvent): void;
  afterRelease(event: ReleaseEvent): void;
  afterVersion(event: VersionEvent): void;
}

/** Names of all hooks. */
export type HookName = keyof HookSignatures;
/** Hooks that decide. */
export type DeciderName = 'onVersion' | 'onFork' | 'onStep';
/** Hooks that watch. */
export type ObserverName = Exclude<HookName, DeciderName>;

/** What `setup` returns. */
export type Hooks = { readonly [K in HookName]?: HookSignatures[K] };

/** Writes lines that carry the plugin's and the strategy's name. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

/** A value that belongs to one plugin on one path. Branches get a copy, or the initial value (`carry.plugins`). */
export interface StateSlot {
  get(): JsonValue;
  set(value: JsonValue): void;
}

/** Cost a plugin causes beside training, e.g. scoring a corpus with a model. */
export interface Charge {
  /** What it was for. One charge per plugin, version and `what`; a repeated one counts once. */
  readonly what: string;
  readonly tokens?: number;
  readonly flops?: number;
}

/** How well a state knows the sequences of a version's data. */
export interface SequenceLosses {
  /** Ids of the sequences, ascending. */
  readonly sequences: Uint32Array;
  /** Mean loss of each, nats per token. */
  readonly loss: Float64Array;
}

/** Services of one plugin in one strategy. Nothing written through them can reach another plugin. */
export interface PluginServices {
  readonly log: Logger;
  /**
   * A random stream of this plugin's own, in `onStep`: ask for it in every step. On a branch it goes on or starts anew
   * (`carry.random`). Elsewhere make one of `context.experiment.seed`.
   */
  readonly random: (name: string) => RandomStream;
  /** In `onStep`. */
  readonly state: StateSlot;
  readonly account: { charge(charge: Charge): void };
  /**
   * In `onFork` of a reactive plugin: the losses of the sequences of the version's data at the end of the path before the branch, which is
   * the fork that `forks` names before it, or the main path. While they are not measured the call throws, and `onFork` is asked again
   * when they are: do not catch it.
   */
  readonly losses: () => SequenceLosses;
}

/** What an author writes. */
export interface PluginDefinition<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  /** npm name without scope and without `plugin-`; in every message about the plugin. */
  readonly name: string;
  readonly version: string;
  /** Range of kernel API versions it was written for, e.g. `^1`. */
  readonly kernel: string;
  /** One sentence for lists. */
  readonly description?: string;
  /** Fields it may set, for lists and for the conformance kit. */
  readonly owns?: readonly string[];
  /** Any Standard Schema. Absent: the plugin takes no options. */
  readonly options?: Schema;
  /** Asked before or after plugins that say nothing. */
  readonly enforce?: 'pre' | 'post';
  /** Asked after these plugins, which must be in the same strategy. */
  readonly after?: readonly string[];
  /**
   * True: decides some branches from losses (`services.losses`). The strategy is then planned up to the first such branch, trained up to it, and
   * planned on; what was measured is kept, so that a resumed run decides alike.
   */
  readonly reactive?: boolean;
  /** First value of the state slot; default null. */
  readonly initialState?: JsonValue;
  /** Called once per strategy that uses the plugin, and seed, with validated options. */
  setup(options: StandardSchemaV1.InferOutput<Schema>, services: PluginServices): Hooks;
}

/** A plugin with options, as it stands in a strategy. */
export interface PluginUse {
  readonly plugin: PluginDefinition;
  /** As the user wrote them; validated by the kernel with everything else. */
  readonly options: unknown;
}
