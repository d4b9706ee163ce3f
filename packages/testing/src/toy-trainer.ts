/** A trainer that makes a step in microseconds and keeps every promise of the trainer contract to the last bit. */
import {
  type CheckpointReader,
  type CheckpointWriter,
  type EvaluationSet,
  type ModelDescription,
  type Passage,
  RandomStream,
  type RestoreParts,
  type SequenceSource,
  type StepBatch,
  type TensorGroup,
  type Trainer,
  type TrainerInfo,
  type TrainerState,
  type WeightedCheckpoint,
} from '@branchline/core';

/** Scalars of the toy's model. */
const SIZE = 6;
const DECAY = 0.9;

/** What the kernel is told of the toy's model. */
export function toyModel({ context }: Pick<SequenceSource, 'context'>): ModelDescription {
  return { spec: { toy: SIZE }, parameters: SIZE, context, flopsPerToken: 6 * SIZE };
}

/** A vector in float32 and its momentum in float64. */
export interface ToyState extends TrainerState {
  step: number;
  readonly weights: Float32Array<ArrayBuffer>;
  readonly momentum: Float64Array<ArrayBuffer>;
}

/** Where a sequence pulls one of the weights. */
const targetOf = (id: number, index: number) => Math.sin(id * (index + 1));

/**
 * A model that is a vector, pulled by momentum towards a point per sequence: the loss of a token is half the square of
 * the way there. A step depends on everything that a real one depends on: weights, momentum, how many steps the
 * momentum has seen, the rate, the sequences in their order, and their loss weights. All of it is saved exactly, so
 * resuming is exact, and whoever loses a part of it ends in other bits. To break one promise on purpose, extend the
 * class.
 */
export class ToyTrainer implements Trainer<ToyState> {
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
    if (!weights && seed === undefined) throw new Error('toy: weights that are drawn anew need a seed');
    const values = weights
      ? new Float32Array(await read(checkpoint, 'weights'))
      : (await this.initialize(seed!)).weights;
    if (!optimizer || !checkpoint.groups.includes('optimizer')) return this.state(0, values);
    return this.state(checkpoint.step, values, new Float64Array(await read(checkpoint, 'optimizer')));
  }

  async *train(state: ToyState, steps: StepBatch) {
    for (const [index, rate] of steps.lr.entries()) {
      this.assertAlive(state);
      // As in a real trainer, others get their turn between two steps.
      await Promise.resolve();
      const ids = steps.sequences[index]!;
      const weights = steps.weights?.[index] ?? new Float32Array(ids.length).fill(1);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const gradient = Float64Array.from(state.weights, (value, i) =>
        ids.reduce((sum, id, row) => sum + (weights[row]! * (value - targetOf(id, i))) / total, 0),
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

  /** A token is as likely as the point it stands for is near, whatever stands before it. */
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
    // Float64 as pairs of 32-bit words: checkpoints know no type of 64 bits.
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

  /** A state that owns its arrays. */
  protected state(
    step: number,
    weights: Float32Array<ArrayBuffer>,
    momentum: Float64Array<ArrayBuffer> = new Float64Array(SIZE),
  ): ToyState {
    return { step, weights, momentum, dispose: () => void this.#disposed.add(weights) };
  }
}

/** The bytes of the only array of a group, in memory of their own. */
async function read(checkpoint: CheckpointReader, group: TensorGroup): Promise<ArrayBuffer> {
  const [tensor] = await checkpoint.read(group);
  return new Uint8Array(tensor!.data).buffer;
}
