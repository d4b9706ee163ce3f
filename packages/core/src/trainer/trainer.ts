import { token } from '../di.js';
import type { Digest, JsonValue } from '../json.js';

/**
 * What the kernel knows about a model: a JSON description that determines its architecture exactly, and some counts.
 * The kernel only hashes `spec` and passes it on; trainers interpret it.
 */
export interface ModelDescription {
  /** Everything that determines the architecture. Part of every state key. */
  readonly spec: JsonValue;
  /** Number of trainable scalars. */
  readonly parameters: number;
  /** Those outside of the embedding and the output matrix. Absent: the model has no such matrices. */
  readonly nonEmbeddingParameters?: number;
  /** Those that one token uses, if it does not use all: a token is given to some of the experts of a layer. */
  readonly activeParameters?: number;
  /** Tokens that a sequence trains on. */
  readonly context: number;
  /** FLOPs of a training step per token (forward and backward); an exact integer. */
  readonly flopsPerToken: number;
  /** The checkpoint whose weights training starts from; absent: weights are drawn from the seed. */
  readonly start?: StartWeights;
}

/** Weights that training starts from. */
export interface StartWeights {
  /** Digest of the weights. Part of every state key. */
  readonly digest: Digest;
  /** Digest of the files that describe the checkpoint, which exports give back. In no key. */
  readonly description: Digest;
  /** Where they came from, as the user wrote it. In no key. */
  readonly from: string;
}

/** AdamW with decoupled weight decay (Loshchilov and Hutter, 2019) and clipping by the global gradient norm. */
export interface OptimizerSpec {
  readonly name: 'adamw';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Multiplied by the learning rate; applied to matrices, never to vectors (norm gains). */
  readonly weightDecay: number;
  /** Gradients with a larger global L2 norm are scaled down to this norm; 0 disables clipping. */
  readonly clipNorm: number;
  /** Factors by class of parameter, as the model names its classes. Absent, as classes and factors in it: 1. */
  readonly groups?: Readonly<Record<string, GroupFactors>>;
}

/** Factors of the optimizer's numbers for one class of parameters. */
export type GroupFactors = Readonly<{
  /** Of the learning rate. */
  rate?: number;
  /** Of `weightDecay`, which is multiplied by the rate of the class; vectors have no decay. */
  weightDecay?: number;
  epsilon?: number;
}>;

/** Properties of a trainer. */
export interface TrainerInfo {
  /** Package name without scope, e.g. `trainer-tfjs`. */
  readonly name: string;
  readonly version: string;
  /** Compute engine, for display, e.g. `jit on onnxruntime 1.30.0 (cpu, 2 threads)`. */
  readonly engine: string;
  /** Device for the ledger: `cpu`, `cuda`, ... with the model name where known. */
  readonly device: string;
  /** Number of units in use: CPU threads, or accelerators; a fraction where lanes share one. Default 1. */
  readonly units?: number;
  /** What the units are; prices for another kind are refused. Absent: they are not checked. */
  readonly unit?: 'device' | 'thread';
  readonly precision: 'float32' | 'bfloat16';
  /** True when equal steps give bit-identical states on this machine. */
  readonly deterministic: boolean;
  /**
   * Everything that can affect the bits of results (engine and version, precision, instruction set), and nothing that
   * cannot (number of threads, if the engine is invariant to it). Part of every state key.
   */
  readonly numerics: string;
  /**
   * The part of `numerics` that names the processor, verbatim. States of a trainer whose numerics differ in
   * nothing else can be continued, on request, although they have other last bits. Absent: they are never taken.
   */
  readonly processor?: string;
  /** The law that predicts the losses, if nothing is trained. Absent: losses are those of a trained model. */
  readonly predicted?: PredictedLosses;
}

/** How losses are predicted. */
export interface PredictedLosses {
  /** Name of the law. */
  readonly law: string;
  /** Half the width of the interval around a loss that holds 95% of the measured losses, relative to the loss. */
  readonly interval: number;
}

/** A named array of a model's state, little-endian and row-major. */
export interface Tensor {
  readonly name: string;
  readonly dtype: 'F32' | 'BF16' | 'I32' | 'U32';
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** The two tensor groups of a checkpoint, each stored as one safetensors file. */
export type TensorGroup = 'weights' | 'optimizer';

/** Reads a checkpoint whose digests are already verified. */
export interface CheckpointReader {
  readonly key: Digest;
  /** Readable groups: those that were saved and requested. */
  readonly groups: readonly TensorGroup[];
  /** Optimizer steps since the moments were last zero; 0 in a derived checkpoint. */
  readonly step: number;
  /** All arrays of a group, in the order they were written. */
  read(group: TensorGroup): Promise<readonly Tensor[]>;
  /**
   * Path of a group's safetensors file, for trainers that read files themselves. Do not change it, and do not read it
   * after the call that got this reader: it can be deleted then. Absent: the checkpoint is not in a file.
   */
  file?(group: TensorGroup): string;
}

/**
 * Receives the arrays of a checkpoint, by either method. The kernel makes them durable and visible all at once, or not
 * at all.
 */
export interface CheckpointWriter {
  write(group: TensorGroup, tensors: readonly Tensor[]): Promise<void>;
  /**
   * Receives a group as a file: `write` makes a safetensors file at the path, and resolves once it is complete. The
   * kernel hashes it and waits until it is on disk. Absent: the checkpoint is not in a file.
   */
  writeFile?(group: TensorGroup, write: (path: string) => Promise<void>): Promise<void>;
}

/** The parts of a checkpoint that a restored state takes over; other parts start as in `initialize`. */
export interface RestoreParts {
  /** Default true. When false, weights are drawn from `seed`. */
  readonly weights?: boolean;
  /** Default true. When false, or when the checkpoint has no moments, moments are zero and their step count is 0. */
  readonly optimizer?: boolean;
  /** Seed for new weights; required when `weights` is false. */
  readonly seed?: number;
}

/** Steps to train in one call. All batches have size `sequences[0].length`. */
export interface StepBatch {
  /** Learning rate of each step, exactly as in the state key (float64). */
  readonly lr: Float64Array;
  /** Sequence ids of each step's batch. */
  readonly sequences: readonly Uint32Array[];
  /** Loss weight of each sequence of each step; absent: all 1. The loss is sum(w * nll) / sum(w) over tokens. */
  readonly weights?: readonly (Float32Array | undefined)[];
  /** What all these steps optimise; absent: that loss. Only parts that the trainer's `objectives` names are set. */
  readonly objective?: StepObjective;
}

/** A part of an objective that a trainer can have. */
export type ObjectivePart = 'distil' | 'prefix';

/** What steps optimise. */
export interface StepObjective {
  /**
   * Knowledge distillation (Hinton et al., 2015): `nll` of a token in the loss becomes
   * `(1 - weight) * nll + weight * temperature^2 * KL`, where `KL` is the divergence KL(teacher || student) of the
   * distributions `softmax(logits / temperature)`, in nats. The teacher does not change. `StepMetrics.loss` remains the
   * negative log-likelihood.
   */
  readonly distil?: { readonly teacher: TeacherWeights; readonly weight: number; readonly temperature: number };
  /**
   * Tokens at the beginning of every sequence that the loss does not count, at least 2 and at most `context`: of the
   * `context` targets, the first `prefix - 1` have no weight in it, nor in `StepMetrics.loss`.
   */
  readonly prefix?: number;
}

/** A model that is not trained. */
export interface TeacherWeights {
  /** Its architecture, with the context and the vocabulary of the trained model. */
  readonly model: ModelDescription;
  /** Its weights, readable during the call. */
  readonly checkpoint: CheckpointReader;
}

/** A checkpoint from elsewhere that strategies can name as a teacher. */
export interface TeacherCheckpoint {
  /** Where it came from, as the strategy names it. In no key. */
  readonly from: string;
  /** Digest of the weights. Part of the keys of states that learn from it. */
  readonly digest: Digest;
  readonly model: ModelDescription;
  /** Verifies the weights and opens them. */
  open(): Promise<CheckpointReader>;
}

/** Finds the checkpoint that a strategy names as a teacher. Throws a BranchlineError that says what is wrong. */
export type FindTeacher = (from: string) => Promise<TeacherCheckpoint>;

/** Metrics of one step. */
export interface StepMetrics {
  /** Mean negative log-likelihood of the batch before the update, nats per token. */
  readonly loss: number;
  /** Global L2 norm of the gradient before clipping. */
  readonly gradNorm: number;
}

/** Sequences of one version, or validation set, and domain. */
export interface EvaluationPart {
  /** Index of the version that the text belongs to; 0 in a validation set, which belongs to none. */
  readonly version: number;
  readonly domain: string;
  readonly sequences: Uint32Array;
  /** UTF-8 bytes of the predicted text, for bits per byte. */
  readonly bytes: number;
}

/** The data that releases are evaluated on. */
export interface EvaluationSet {
  readonly digest: Digest;
  /** Name of a validation set; absent: held-out text. */
  readonly name?: string;
  readonly parts: readonly EvaluationPart[];
}

/** Text of the user's own that is never trained on; every release is evaluated on it, whatever its version. */
export interface ValidationSet extends EvaluationSet {
  readonly name: string;
  /** Training text that was removed because it is also in this set: documents, whole or in part, and bytes. */
  readonly removed: { readonly documents: number; readonly bytes: number };
}

/** Summed negative log-likelihood of one part. */
export interface EvaluationResult {
  /** As in the part. */
  readonly version: number;
  readonly domain: string;
  /** Sum over tokens, nats. */
  readonly nll: number;
  readonly tokens: number;
  readonly bytes: number;
}

/** Tokens of a text; the last ones are scored given all tokens before them. */
export interface Passage {
  /** Length: at least 2, at most `context + 1`. */
  readonly tokens: Int32Array;
  /** Number of scored tokens at the end: at least 1, at most all but the first. */
  readonly scored: number;
}

/** A text that a model continues token by token. It uses memory of the trainer until `dispose`. */
export interface Decoding {
  /**
   * Appends at least one token to the text and returns the logits of the token after them, `[vocabulary]`. The array is
   * overwritten by the next call. Rejects with a RangeError if the text would have more than `context` tokens. Calls
   * must not overlap.
   */
  append(tokens: Int32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** A checkpoint with its weight in a linear combination. */
export interface WeightedCheckpoint {
  readonly checkpoint: CheckpointReader;
  readonly weight: number;
}

/**
 * Sequences `first` to `first + count - 1` in a file, one after the other from byte `offset` on: `context + 1` tokens
 * each, as little-endian unsigned integers.
 */
export interface TokenRange {
  readonly path: string;
  readonly offset: number;
  /** Id of the first sequence. */
  readonly first: number;
  readonly count: number;
  /** Bytes of a token. */
  readonly width: 2 | 4;
}

/** Looks up token ids of sequences. Training and held-out sequences share one numbering. */
export interface SequenceSource {
  /** Tokens a sequence trains on. Each sequence has `context + 1` tokens: inputs, and targets shifted by one. */
  readonly context: number;
  /** Number of distinct tokens. */
  readonly vocabulary: number;
  /** Token ids of the sequences, shape `[ids.length, context + 1]`, row-major. */
  read(ids: Uint32Array): Int32Array;
  /**
   * Where the sequences are stored, for trainers that read files themselves: verified, and unchanged while the source
   * is used. Every id is in one range. Absent: they are not in files, or not in this form.
   */
  readonly files?: readonly TokenRange[];
}

/** A model state held by a trainer. Opaque to the kernel; `dispose` frees it. */
export interface TrainerState {
  /** Optimizer steps since the moments were last zero, as needed for bias correction. */
  readonly step: number;
  dispose(): void;
}

/**
 * All code that handles tensors is behind this interface. Equal calls with equal arguments give bit-identical states,
 * regardless of calls in between: a trainer keeps no state except compiled code.
 */
export interface Trainer<State extends TrainerState = TrainerState> {
  /**
   * The number of steps that take longer than all later ones, for example because they compile programs. A run makes as
   * many on a discarded state before the first step that it times, so that no strategy pays for them. Default 2; 0 if
   * all steps take equally long.
   */
  readonly warmUpSteps?: number;
  /**
   * How many trainers like this one can share the machine without loss, for experiments that do not say how many lanes
   * they want. Default 1.
   */
  readonly lanes?: number;
  describe(): TrainerInfo;
  /** A new model: weights drawn from `seed` by the counter-based generator of `packages/model`, moments zero. */
  initialize(seed: number): Promise<State>;
  restore(checkpoint: CheckpointReader, parts?: RestoreParts): Promise<State>;
  /**
   * Trains `state` in place and yields the metrics of each step, in order. Stopping early leaves a state after whole
   * steps.
   */
  train(state: State, steps: StepBatch): AsyncIterable<StepMetrics>;
  /** Does not change `state`. Results are in the order of `set.parts`. */
  evaluate(state: State, set: EvaluationSet): Promise<readonly EvaluationResult[]>;
  /**
   * Log-likelihood in nats of the scored tokens of each passage, summed; each token is conditioned on all tokens before
   * it in the passage. Does not change `state`. Absent: the trainer cannot score text, and experiments with tasks are
   * rejected.
   */
  score?(state: State, passages: readonly Passage[]): Promise<Float64Array>;
  /**
   * Begins an empty text of a state, which must not change until the text is disposed of. Several texts can be open.
   * Absent: the trainer cannot generate text.
   */
  decode?(state: State): Promise<Decoding>;
  /** The weighted sum of the weights of `parts`, accumulated in float64; moments are zero. */
  combine(parts: readonly WeightedCheckpoint[]): Promise<State>;
  save(state: State, to: CheckpointWriter): Promise<void>;
  dispose(): Promise<void>;
}

/** Input for making a trainer. */
export interface TrainerContext {
  readonly model: ModelDescription;
  readonly optimizer: OptimizerSpec;
  readonly data: SequenceSource;
  /** Folder that relative paths in the trainer's options are relative to. Absent: the working directory. */
  readonly directory?: string;
  /**
   * Which of several trainers of a run this is. They train at the same time and share the machine: each takes its part
   * of the threads, or a device of its own. Never changes a bit of a result. Absent: there is one trainer.
   */
  readonly lane?: LanePlace;
}

/** The place of a trainer among those of a run. */
export interface LanePlace {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** Makes a trainer. `create` rejects with a message that says what is missing and how to install it. */
export interface TrainerFactory {
  readonly name: string;
  create(context: TrainerContext): Promise<Trainer>;
}

export const MODEL = token<ModelDescription>('model');
/** The trainer of the first lane; for what a lane does, that of the lane. */
export const TRAINER = token<Trainer>('trainer');
/** The trainers of all lanes. */
export const TRAINERS = token<readonly Trainer[]>('trainers');
