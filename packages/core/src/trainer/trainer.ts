import { token } from '../di.js';
import type { Digest, JsonValue } from '../json.js';

/**
 * What the kernel knows of a model: a JSON description that decides every bit of its architecture, and two counts.
 * The kernel hashes `spec` and hands it on; only trainers read it.
 */
export interface ModelDescription {
  /** Everything that decides the architecture. Part of every step key. */
  readonly spec: JsonValue;
  /** Trainable scalars. */
  readonly parameters: number;
  /** Tokens a sequence trains on. */
  readonly context: number;
  /** FLOPs of one training step per token (forward and backward), an exact integer. */
  readonly flopsPerToken: number;
}

/** AdamW with decoupled weight decay (Loshchilov and Hutter, 2019) and clipping by the global gradient norm. */
export interface OptimizerSpec {
  readonly name: 'adamw';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Multiplies the learning rate; applied to matrices, never to vectors (norm gains). */
  readonly weightDecay: number;
  /** Gradients are scaled down to this global L2 norm when they exceed it; 0 turns clipping off. */
  readonly clipNorm: number;
}

/** What a trainer says about itself. */
export interface TrainerInfo {
  /** Package name without scope, e.g. `trainer-tfjs`. */
  readonly name: string;
  readonly version: string;
  /** What computes, for people, e.g. `jit on onnxruntime 1.30.0 (cpu, 2 threads)`. */
  readonly engine: string;
  /** Device for the ledger: `cpu`, `cuda`, ... with the name of the part where it is known. */
  readonly device: string;
  /** How many of them are busy at once: threads of a processor, or accelerators. Default 1. */
  readonly units?: number;
  readonly precision: 'float32' | 'bfloat16';
  /** True when two runs of the same steps end in the same bits on this machine. */
  readonly deterministic: boolean;
  /**
   * Everything about the arithmetic that can change a bit (engine, its version, precision, instruction set), and
   * nothing that cannot (number of threads, if the engine is invariant to it). Part of every step key.
   */
  readonly numerics: string;
}

/** One named array of a model's state. Little-endian, row-major. */
export interface Tensor {
  readonly name: string;
  readonly dtype: 'F32' | 'BF16' | 'I32' | 'U32';
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** The two named groups of arrays of a checkpoint; each is one safetensors file. */
export type TensorGroup = 'weights' | 'optimizer';

/** Reads one checkpoint whose digests were already verified. */
export interface CheckpointReader {
  readonly key: Digest;
  /** Groups that can be read: those that were saved and asked for. */
  readonly groups: readonly TensorGroup[];
  /** Optimizer steps behind this state. Zero in a derived checkpoint. */
  readonly step: number;
  /** All arrays of a group, in the order in which they were written. */
  read(group: TensorGroup): Promise<readonly Tensor[]>;
}

/** Receives the arrays of one checkpoint. The kernel makes them durable and visible at once, or not at all. */
export interface CheckpointWriter {
  write(group: TensorGroup, tensors: readonly Tensor[]): Promise<void>;
}

/** Which parts of a checkpoint a restored state takes over; the rest starts as in `initialize`. */
export interface RestoreParts {
  /** Default true. When false the weights are drawn anew from `seed`. */
  readonly weights?: boolean;
  /** Default true. When false, or when the checkpoint has none, moments are zero and their step count is 0. */
  readonly optimizer?: boolean;
  /** Seed for weights that are drawn anew; needed when `weights` is false. */
  readonly seed?: number;
}

/** Steps to train in one call, all with the batch size `sequences[0].length`. */
export interface StepBatch {
  /** Learning rate of each step, exactly as keyed (float64). */
  readonly lr: Float64Array;
  /** Sequence ids of each step's batch. */
  readonly sequences: readonly Uint32Array[];
  /** Loss weight of each sequence of each step; absent means all 1. The loss is sum(w * nll) / sum(w) over tokens. */
  readonly weights?: readonly (Float32Array | undefined)[];
}

/** What one step showed. */
export interface StepMetrics {
  /** Mean negative log-likelihood of the batch before the update, nats per token. */
  readonly loss: number;
  /** Global L2 norm of the gradient before clipping. */
  readonly gradNorm: number;
}

/** Held-out sequences of one version and one domain. */
export interface EvaluationPart {
  readonly version: number;
  readonly domain: string;
  readonly sequences: Uint32Array;
  /** Bytes of text behind the predicted tokens, for bits per byte. */
  readonly bytes: number;
}

/** Everything a release is evaluated on. */
export interface EvaluationSet {
  readonly digest: Digest;
  readonly parts: readonly EvaluationPart[];
}

/** Summed negative log-likelihood of one part. */
export interface EvaluationResult {
  readonly version: number;
  readonly domain: string;
  /** Sum over tokens, nats. */
  readonly nll: number;
  readonly tokens: number;
  readonly bytes: number;
}

/** Text as tokens whose end is scored, given what stands before it. */
export interface Passage {
  /** At least 2, at most `context + 1`. */
  readonly tokens: Int32Array;
  /** How many of the last tokens are scored: at least 1, and at most all but the first. */
  readonly scored: number;
}

/** One checkpoint with its weight in a linear combination. */
export interface WeightedCheckpoint {
  readonly checkpoint: CheckpointReader;
  readonly weight: number;
}

/** Gives token ids for sequence ids; training and held-out sequences share one numbering. */
export interface SequenceSource {
  /** Tokens a sequence trains on; each sequence has `context + 1` tokens: inputs and, one later, targets. */
  readonly context: number;
  /** Distinct tokens. */
  readonly vocabulary: number;
  /** Token ids of the sequences, `ids.length x (context + 1)`, row-major. */
  read(ids: Uint32Array): Int32Array;
}

/** A model's state inside a trainer. Opaque to the kernel; `dispose` frees it. */
export interface TrainerState {
  /** Optimizer steps since the moments were last zero: what bias correction counts. */
  readonly step: number;
  dispose(): void;
}

/**
 * The one thing that touches tensors. The same calls with the same arguments end in the same state, whatever
 * was called in between: a trainer keeps nothing but compiled code.
 */
export interface Trainer<State extends TrainerState = TrainerState> {
  describe(): TrainerInfo;
  /** A fresh model: weights drawn from `seed` by the counter-based generator of `packages/model`, moments zero. */
  initialize(seed: number): Promise<State>;
  restore(checkpoint: CheckpointReader, parts?: RestoreParts): Promise<State>;
  /** Trains `state` in place and yields one result per step, in order. Stopping early leaves whole steps behind. */
  train(state: State, steps: StepBatch): AsyncIterable<StepMetrics>;
  /** Changes nothing in `state`. Results are in the order of `set.parts`. */
  evaluate(state: State, set: EvaluationSet): Promise<readonly EvaluationResult[]>;
  /**
   * The log-likelihood of the scored tokens of each passage, summed, in nats: of each token given all before it in the
   * passage. Changes nothing in `state`. Absent: the trainer has no text to speak of, and an experiment with tasks is
   * refused.
   */
  score?(state: State, passages: readonly Passage[]): Promise<Float64Array>;
  /** The weighted sum of the weights of `parts`, accumulated in float64; moments zero. */
  combine(parts: readonly WeightedCheckpoint[]): Promise<State>;
  save(state: State, to: CheckpointWriter): Promise<void>;
  dispose(): Promise<void>;
}

/** What a trainer is built from. */
export interface TrainerContext {
  readonly model: ModelDescription;
  readonly optimizer: OptimizerSpec;
  readonly data: SequenceSource;
}

/** Makes a trainer. `create` fails with a message that says what is missing and what adds it. */
export interface TrainerFactory {
  readonly name: string;
  create(context: TrainerContext): Promise<Trainer>;
}

export const MODEL = token<ModelDescription>('model');
export const TRAINER = token<Trainer>('trainer');
