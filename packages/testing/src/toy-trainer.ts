/** A trainer that makes a step in microseconds and keeps the whole trainer contract, bit for bit. */
import {
  type CheckpointReader,
  type CheckpointWriter,
  digestBytes,
  type EvaluationSet,
  type FindTeacher,
  type ModelDescription,
  type Passage,
  RandomStream,
  type RestoreParts,
  type SequenceSource,
  type StepBatch,
  type Tensor,
  type TensorGroup,
  type Trainer,
  type TrainerInfo,
  type TrainerState,
  type WeightedCheckpoint,
} from '@branchline/core';

/** Number of weights of the toy model. */
const SIZE = 6;
const DECAY = 0.9;

/** Describes the toy model to the kernel. */
export function toyModel({ context }: Pick<SequenceSource, 'context'>): ModelDescription {
  return { spec: { toy: SIZE }, parameters: SIZE, context, flopsPerToken: 6 * SIZE };
}

/** Finds a teacher with toy weights of its own for every name. */
export const toyTeacher =
  (model: ModelDescription): FindTeacher =>
  async (from) => {
    const digest = digestBytes(from);
    const weights = Float32Array.from({ length: SIZE }, (_, index) =>
      targetOf(Number.parseInt(digest.slice(0, 6), 16), index),
    );
    const tensor: Tensor = { name: 'weights', dtype: 'F32', shape: [SIZE], data: new Uint8Array(weights.buffer) };
    const open = async (): Promise<CheckpointReader> => ({
      ...{ key: digest, groups: ['weights'], step: 0 },
      read: async (group) => (group === 'weights' ? [tensor] : []),
    });
    return { from, digest, model, open };
  };

/** Weights in float32 and their momentum in float64. */
export interface ToyState extends TrainerState {
  step: number;
  readonly weights: Float32Array<ArrayBuffer>;
  readonly momentum: Float64Array<ArrayBuffer>;
}

/** The target value of one weight for a sequence. */
const targetOf = (id: number, index: number) => Math.sin(id * (index + 1));

/**
 * A toy trainer. The model is a vector, and momentum pulls it towards a target per sequence; the loss of a token is
 * half the squared distance. The divergence from a teacher is half the squared distance to its weights, divided by the
 * square of the temperature, as for Gaussians of unit variance. A step depends on everything that a real step depends
 * on: weights, momentum, the number of steps in the momentum, the rate, the order of the sequences, their loss weights,
 * and the teacher. All of this is saved exactly, so resuming is exact, and losing any part changes the bits. Extend the
 * class to break one promise on purpose.
 */
export class ToyTrainer implements Trainer<ToyState> {
  /** Nothing is compiled. */
  readonly warmUpSteps = 0;
  readonly #disposed = new WeakSet<Float32Array>();

  /** `context`: tokens per sequence of the data. */
  constructor(private readonly context = 8) {}

  describe(): TrainerInfo {
    return {
      name: 'toy',
      version: '2.0.0',
      engine: 'plain TypeScript',
      device: 'cpu',
      precision: 'float32',
      deterministic: true,
      numerics: 'toy 2.0.0 float32',
    };
  }

  async initialize(seed: number): Promise<ToyState> {
    const stream = new RandomStream(seed, 'init');
    return this.state(
      0,
      Float32Array.from({ length: SIZE }, () => stream.uniform()),
    );
  }

  async restore(checkpoint: CheckpointReader, parts: RestoreParts = {}): Promise<ToyState> {
    const { weights = true, optimizer = true, seed } = parts;
    if (!weights && seed === undefined) throw new Error('toy: drawing new weights needs a seed');
    const values = weights
      ? new Float32Array(await read(checkpoint, 'weights'))
      : (await this.initialize(seed!)).weights;
    if (!optimizer || !checkpoint.groups.includes('optimizer')) return this.state(0, values);
    return this.state(checkpoint.step, values, new Float64Array(await read(checkpoint, 'optimizer')));
  }

  async *train(state: ToyState, steps: StepBatch) {
    const { distil } = steps.objective ?? {};
    const teacher = distil && new Float32Array(await read(distil.teacher.checkpoint, 'weights'));
    for (const [index, rate] of steps.lr.entries()) {
      this.assertAlive(state);
      // Yields to other tasks between two steps, as a real trainer does.
      await Promise.resolve();
      const ids = steps.sequences[index]!;
      const weights = steps.weights?.[index] ?? new Float32Array(ids.length).fill(1);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const plain = Float64Array.from(state.weights, (value, i) =>
        ids.reduce((sum, id, row) => sum + (weights[row]! * (value - targetOf(id, i))) / total, 0),
      );
      // temperature^2 in the loss cancels the temperature in the divergence.
      const gradient = plain.map((value, i) =>
        distil === undefined ? value : (1 - distil.weight) * value + distil.weight * (state.weights[i]! - teacher![i]!),
      );
      const loss = ids.reduce((sum, id, row) => sum + (weights[row]! * this.lossOf(state, id)) / total, 0);
      const gradNorm = Math.hypot(...gradient);
      if (!Number.isFinite(rate) || !Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
        throw new Error(`toy: the model diverged: step ${state.step + 1} at learning rate ${rate} gave loss ${loss}`);
      }
      state.step++;
      const correction = 1 - DECAY ** state.step;
      for (let i = 0; i < SIZE; i++) {
        state.momentum[i] = DECAY * state.momentum[i]! + (1 - DECAY) * gradient[i]!;
        state.weights[i]! -= (rate * state.momentum[i]!) / correction;
      }
      yield { loss, gradNorm };
    }
  }

  async evaluate(state: ToyState, set: EvaluationSet) {
    this.assertAlive(state);
    return set.parts.map(({ version, domain, sequences, bytes }) => ({
      version,
      domain,
      nll: sequences.reduce((sum, id) => sum + this.context * this.lossOf(state, id), 0),
      tokens: this.context * sequences.length,
      bytes,
    }));
  }

  /** The log-likelihood of a token depends on the distance to its target, not on the tokens before it. */
  async score(state: ToyState, passages: readonly Passage[]): Promise<Float64Array> {
    this.assertAlive(state);
    return Float64Array.from(passages, ({ tokens, scored }) =>
      tokens.slice(tokens.length - scored).reduce((sum, token) => sum - this.lossOf(state, token), 0),
    );
  }

  async combine(parts: readonly WeightedCheckpoint[]): Promise<ToyState> {
    if (parts.length === 0) throw new Error('toy: a combination needs at least one checkpoint');
    const sum = new Float64Array(SIZE);
    for (const { checkpoint, weight } of parts) {
      const values = new Float32Array(await read(checkpoint, 'weights'));
      for (let i = 0; i < SIZE; i++) sum[i]! += weight * values[i]!;
    }
    return this.state(0, Float32Array.from(sum));
  }

  async save(state: ToyState, to: CheckpointWriter): Promise<void> {
    this.assertAlive(state);
    const bytes = (values: Float32Array | Float64Array) => new Uint8Array(values.slice().buffer);
    await to.write('weights', [{ name: 'weights', dtype: 'F32', shape: [SIZE], data: bytes(state.weights) }]);
    // Float64 as pairs of 32-bit words: checkpoints have no 64-bit type.
    await to.write('optimizer', [{ name: 'momentum', dtype: 'U32', shape: [SIZE, 2], data: bytes(state.momentum) }]);
  }

  async dispose(): Promise<void> {}

  /** Nats per token of one sequence. */
  protected lossOf({ weights }: ToyState, id: number): number {
    return weights.reduce((sum, value, i) => sum + (value - targetOf(id, i)) ** 2 / 2, 0);
  }

  /** Throws if the state was disposed. */
  protected assertAlive({ weights }: ToyState): void {
    if (this.#disposed.has(weights)) throw new Error('toy: this state was disposed');
  }

  /** Makes a state that owns its arrays. */
  protected state(
    step: number,
    weights: Float32Array<ArrayBuffer>,
    momentum: Float64Array<ArrayBuffer> = new Float64Array(SIZE),
  ): ToyState {
    return { step, weights, momentum, dispose: () => void this.#disposed.add(weights) };
  }
}

/** A copy of the bytes of a group's only array. */
async function read(checkpoint: CheckpointReader, group: TensorGroup): Promise<ArrayBuffer> {
  const [tensor] = await checkpoint.read(group);
  return new Uint8Array(tensor!.data).buffer;
}
