/**
 * A bigram model, the smallest language model, as a real trainer with AdamW: the next token depends only on the one
 * before.
 */
import {
  type CheckpointReader,
  type CheckpointWriter,
  type Decoding,
  type EvaluationSet,
  type ModelDescription,
  type Passage,
  RandomStream,
  type RestoreParts,
  type StepBatch,
  type Tensor,
  type Trainer,
  type TrainerContext,
  type TrainerFactory,
  type TrainerInfo,
  type TrainerState,
  type WeightedCheckpoint,
} from '@branchline/core';
import { type Reference, syntheticData } from '../src/index.js';

export const data = syntheticData({ vocabulary: 6, context: 4 });
const VOCABULARY = data.vocabulary;
/** A matrix of logits with a row per previous token, and a bias that all rows share. */
const SHAPES = [[VOCABULARY, VOCABULARY], [VOCABULARY]] as const;
const NAMES = ['table', 'bias'] as const;

export const bigramModel: ModelDescription = {
  spec: { bigram: VOCABULARY },
  parameters: VOCABULARY * (VOCABULARY + 1),
  context: data.context,
  flopsPerToken: 6 * VOCABULARY,
};

/** Weights, gradients or moments, one array per tensor. */
export type Arrays = readonly Float32Array<ArrayBuffer>[];

export interface BigramState extends TrainerState {
  step: number;
  weights: Arrays;
  first: Arrays;
  second: Arrays;
}

const zeros = (): Arrays => SHAPES.map((shape) => new Float32Array(shape.reduce<number>((a, b) => a * b, 1)));

/** Probabilities of all tokens after `before`. */
function softmax([table, bias]: readonly ArrayLike<number>[], before: number): readonly number[] {
  const scores = Array.from({ length: VOCABULARY }, (_, token) => table![before * VOCABULARY + token]! + bias![token]!);
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

const draw = (seed: number): Arrays =>
  zeros().map((values, at) => {
    const stream = new RandomStream(seed, NAMES[at]!);
    return values.map(() => stream.uniform() - 0.5);
  });

/** The same model, written for readability. */
export const reference: Reference = {
  initialize: draw,
  nll: (weights, tokens) =>
    Array.from(tokens.subarray(1), (target, place) => -Math.log(softmax(weights, tokens[place]!)[target]!)),
};

/** Keeps every promise of a trainer. Override a method to break one. */
export class BigramTrainer implements Trainer<BigramState> {
  readonly #disposed = new WeakSet<object>();

  constructor(protected readonly given: TrainerContext) {}

  describe(): TrainerInfo {
    const numerics = 'bigram 1.0.0';
    return {
      ...{ name: 'bigram', version: '1.0.0', engine: 'plain TypeScript', device: 'cpu' },
      ...{ precision: 'float32', deterministic: true, numerics },
    };
  }

  async initialize(seed: number): Promise<BigramState> {
    return this.state(0, draw(seed));
  }

  async restore(checkpoint: CheckpointReader, parts: RestoreParts = {}): Promise<BigramState> {
    const { weights = true, optimizer = true, seed } = parts;
    if (!weights && seed === undefined) throw new Error('drawing new weights needs a seed');
    const values = weights ? (await checkpoint.read('weights')).map(floats) : draw(seed!);
    if (!optimizer || !checkpoint.groups.includes('optimizer')) return this.state(0, values);
    const moments = (await checkpoint.read('optimizer')).map(floats);
    return this.state(checkpoint.step, values, moments.slice(0, 2), moments.slice(2));
  }

  async *train(state: BigramState, steps: StepBatch) {
    for (const [index, rate] of steps.lr.entries()) {
      this.assertAlive(state);
      await Promise.resolve();
      const ids = steps.sequences[index]!;
      const factors = this.factors(steps.weights?.[index] ?? new Float32Array(ids.length).fill(1));
      const { loss, gradient } = this.backward(state, ids, factors);
      const gradNorm = Math.hypot(...gradient.flatMap((values) => [...values]));
      this.assertFinite(rate, loss, gradNorm);
      state.step++;
      this.update(state, gradient, gradNorm, rate);
      yield { loss, gradNorm };
    }
  }

  async evaluate(state: BigramState, set: EvaluationSet) {
    this.assertAlive(state);
    return set.parts.map(({ version, domain, sequences, bytes }) => ({
      ...{ version, domain, bytes },
      nll: [...sequences].reduce((sum, id) => sum + this.lossOf(state, id), 0),
      tokens: sequences.length * data.context,
    }));
  }

  async score(state: BigramState, passages: readonly Passage[]) {
    this.assertAlive(state);
    return Float64Array.from(passages, ({ tokens, scored }) =>
      Array.from(reference.nll(state.weights as never, tokens))
        .slice(-scored)
        .reduce((sum, nll) => sum - nll, 0),
    );
  }

  async decode(state: BigramState): Promise<Decoding> {
    this.assertAlive(state);
    let length = 0;
    return {
      append: async (tokens) => {
        length += tokens.length;
        if (length > data.context) throw new RangeError(`${length} tokens exceed the context`);
        return this.logits(state, tokens.at(-1)!);
      },
      dispose: async () => {},
    };
  }

  async combine(parts: readonly WeightedCheckpoint[]): Promise<BigramState> {
    if (parts.length === 0) throw new Error('nothing to combine');
    const sums = zeros().map((values) => Float64Array.from(values));
    for (const { checkpoint, weight } of parts) {
      const arrays = (await checkpoint.read('weights')).map(floats);
      for (const [at, sum] of sums.entries()) for (let i = 0; i < sum.length; i++) sum[i]! += weight * arrays[at]![i]!;
    }
    return this.state(
      0,
      sums.map((sum) => Float32Array.from(sum)),
    );
  }

  async save(state: BigramState, to: CheckpointWriter): Promise<void> {
    this.assertAlive(state);
    await to.write('weights', tensors('', state.weights));
    await to.write('optimizer', [...tensors('first.', state.first), ...tensors('second.', state.second)]);
  }

  async dispose(): Promise<void> {}

  /** The factor of each sequence's token losses in the loss of a batch. */
  protected factors(weights: Float32Array): readonly number[] {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return Array.from(weights, (weight) => weight / (total * data.context));
  }

  /** Logits of the token after `before`, up to a constant. */
  protected logits(state: BigramState, before: number): Float32Array {
    return Float32Array.from(softmax(state.weights, before), Math.log);
  }

  protected lossOf(state: BigramState, id: number): number {
    return Array.from(reference.nll(state.weights as never, this.given.data.read(Uint32Array.of(id)))).reduce(
      (sum, nll) => sum + nll,
      0,
    );
  }

  protected backward(state: BigramState, ids: Uint32Array, factors: readonly number[]) {
    const gradient = zeros().map((values) => Float64Array.from(values));
    let loss = 0;
    for (const [row, id] of ids.entries()) {
      const tokens = this.given.data.read(Uint32Array.of(id));
      loss += factors[row]! * this.lossOf(state, id);
      for (let place = 0; place < data.context; place++) {
        for (const [token, share] of softmax(state.weights, tokens[place]!).entries()) {
          const slope = factors[row]! * (share - (token === tokens[place + 1] ? 1 : 0));
          gradient[0]![tokens[place]! * VOCABULARY + token]! += slope;
          gradient[1]![token]! += slope;
        }
      }
    }
    return { loss, gradient };
  }

  protected assertFinite(rate: number, ...shown: readonly number[]): void {
    if (![rate, ...shown].every(Number.isFinite)) throw new Error(`diverged at a rate of ${rate}`);
  }

  protected update(state: BigramState, gradient: readonly Float64Array[], gradNorm: number, rate: number): void {
    const { beta1, beta2, epsilon, clipNorm, weightDecay } = this.given.optimizer;
    const clip = clipNorm > 0 && gradNorm > clipNorm ? clipNorm / gradNorm : 1;
    for (const [at, values] of state.weights.entries()) {
      const [first, second] = [state.first[at]!, state.second[at]!];
      for (let i = 0; i < values.length; i++) {
        const slope = gradient[at]![i]! * clip;
        first[i] = beta1 * first[i]! + (1 - beta1) * slope;
        second[i] = beta2 * second[i]! + (1 - beta2) * slope * slope;
        const mean = first[i]! / (1 - beta1 ** state.step);
        const spread = Math.sqrt(second[i]! / (1 - beta2 ** state.step));
        const decay = SHAPES[at]!.length > 1 ? rate * weightDecay * values[i]! : 0;
        values[i] = values[i]! - decay - (rate * mean) / (spread + epsilon);
      }
    }
  }

  protected assertAlive(state: BigramState): void {
    if (this.#disposed.has(state)) throw new Error('this state was disposed');
  }

  protected state(step: number, weights: Arrays, first: Arrays = zeros(), second: Arrays = zeros()): BigramState {
    const state: BigramState = { step, weights, first, second, dispose: () => void this.#disposed.add(state) };
    return state;
  }
}

const floats = ({ data: bytes }: Tensor): Float32Array<ArrayBuffer> => new Float32Array(new Uint8Array(bytes).buffer);

const tensors = (prefix: string, arrays: Arrays): readonly Tensor[] =>
  arrays.map((values, at) => ({
    name: prefix + NAMES[at],
    dtype: 'F32',
    shape: SHAPES[at]!,
    data: new Uint8Array(values.slice().buffer),
  }));

/** A factory of trainers of a class. */
export const bigram = (Kind: new (context: TrainerContext) => Trainer = BigramTrainer): TrainerFactory => ({
  name: 'bigram',
  create: async (context) => new Kind(context),
});
