/** A trainer that makes a step in microseconds and keeps every promise of the trainer contract to the last bit. */
import {
  type CheckpointReader,
  type CheckpointWriter,
  type EvaluationSet,
  type ModelDescription,
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

/** Scalars of the toy's model. */
const SIZE = 6;
const DECAY = 0.9;

/** What the kernel is told of the toy's model. */
export function toyModel({ context }: Pick<SequenceSource, 'context'>): ModelDescription {
  return { spec: { toy: SIZE }, parameters: SIZE, context, flopsPerToken: 6 * SIZE };
}

/** A vector and its momentum, in float64. */
export interface ToyState extends TrainerState {
  step: number;
  readonly weights: Float64Array;
  readonly momentum: Float64Array;
}

/** Where a sequence pulls one of the weights. */
const targetOf = (id: number, index: number) => Math.sin(id * (index + 1));

/**
 * A model that is a vector, pulled by momentum towards a point per sequence. A step depends on everything that a real one
 * depends on: weights, momentum, how many steps the momentum has seen, the rate, the sequences in their order, and their loss
 * weights. All of it is saved exactly, so resuming is exact, and whoever loses a part of it ends in other bits. To break one
 * promise on purpose, extend the class.
 */
export class ToyTrainer implements Trainer<ToyState> {
  describe(): TrainerInfo {
    return {
      name: 'toy',
      version: '1.0.0',
      engine: 'plain TypeScript',
      device: 'cpu',
      precision: 'float32',
      deterministic: true,
      numerics: 'toy 1.0.0 float64',
    };
  }

  async initialize(seed: number): Promise<ToyState> {
    const stream = new RandomStream(seed, 'init');
    return this.state(
      0,
      Float64Array.from({ length: SIZE }, () => stream.uniform()),
    );
  }

  async restore(checkpoint: CheckpointReader, parts: RestoreParts = {}): Promise<ToyState> {
    const { weights = true, optimizer = true, seed } = parts;
    if (!weights && seed === undefined) throw new Error('toy: weights that are drawn anew need a seed');
    const values = weights ? await this.read(checkpoint, 'weights') : (await this.initialize(seed!)).weights;
    if (!optimizer || !checkpoint.groups.includes('optimizer')) return this.state(0, values);
    return this.state(checkpoint.step, values, await this.read(checkpoint, 'optimizer'));
  }

  async *train(state: ToyState, steps: StepBatch) {
    for (const [index, rate] of steps.lr.entries()) {
      // As in a real trainer, others get their turn between two steps.
      await Promise.resolve();
      state.step++;
      const correction = 1 - DECAY ** state.step;
      let loss = 0;
      for (let i = 0; i < SIZE; i++) {
        let gradient = 0;
        for (const [place, id] of steps.sequences[index]!.entries()) {
          gradient += (state.weights[i]! - targetOf(id, i)) * (steps.weights?.[index]?.[place] ?? 1);
        }
        loss += gradient * gradient;
        state.momentum[i] = DECAY * state.momentum[i]! + (1 - DECAY) * gradient;
        state.weights[i]! -= (rate * state.momentum[i]!) / correction;
      }
      yield { loss, gradNorm: Math.sqrt(loss) };
    }
  }

  async evaluate(state: ToyState, set: EvaluationSet) {
    return set.parts.map(({ version, domain, sequences, bytes }) => ({
      version,
      domain,
      nll: sequences.reduce(
        (sum, id) => sum + state.weights.reduce((all, weight, i) => all + Math.abs(weight - targetOf(id, i)), 0),
        0,
      ),
      tokens: sequences.length,
      bytes,
    }));
  }

  async combine(parts: readonly WeightedCheckpoint[]): Promise<ToyState> {
    const sum = new Float64Array(SIZE);
    for (const { checkpoint, weight } of parts) {
      const values = await this.read(checkpoint, 'weights');
      for (let i = 0; i < SIZE; i++) sum[i]! += weight * values[i]!;
    }
    return this.state(0, sum);
  }

  async save(state: ToyState, to: CheckpointWriter): Promise<void> {
    await to.write('weights', [tensorOf('weights', state.weights)]);
    await to.write('optimizer', [tensorOf('momentum', state.momentum)]);
  }

  async dispose(): Promise<void> {}

  /** The values of one group of a checkpoint. */
  protected async read(checkpoint: CheckpointReader, group: TensorGroup): Promise<Float64Array> {
    const [tensor] = await checkpoint.read(group);
    return new Float64Array(tensor!.data.slice().buffer);
  }

  /** A state that owns its arrays. */
  protected state(step: number, weights: Float64Array, momentum: Float64Array = new Float64Array(SIZE)): ToyState {
    return { step, weights, momentum, dispose: () => undefined };
  }
}

/** Float64 as pairs of 32-bit words: checkpoints know no type of 64 bits. */
function tensorOf(name: string, values: Float64Array): Tensor {
  return { name, dtype: 'U32', shape: [SIZE, 2], data: new Uint8Array(values.slice().buffer) };
}
