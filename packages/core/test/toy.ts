/**
 * Toy data and a toy trainer, with which the real kernel runs in milliseconds: sequences are only numbers, and the
 * model is a vector that momentum SGD pulls towards its batches. Bit-deterministic, as trainers must be.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import {
  type CheckpointReader,
  CONTENT_BYTES,
  type DataProvider,
  digestBytes,
  type EvaluationSet,
  type ExperimentSpec,
  Kernel,
  type KernelParts,
  type MaterializedOrder,
  type ModelDescription,
  type OrderBy,
  type Passage,
  type PluginUse,
  RandomStream,
  type StepBatch,
  type Tensor,
  type Trainer,
  type TrainerInfo,
  type TrainerState,
} from '../src/index.js';

const SIZE = 6;
const CONTEXT = 10;

export const model: ModelDescription = {
  spec: { toy: SIZE },
  parameters: SIZE,
  context: CONTEXT,
  flopsPerToken: 12_345,
};

/** Versions with equal numbers of sequences; the score of a sequence is its id. */
export function toyData(options: { versions?: number; sequences?: number; scored?: boolean } = {}): DataProvider {
  const { versions: count = 4, sequences = 40, scored = true } = options;
  const versions = Array.from({ length: count }, (_, index) => ({
    index: index + 1,
    name: `v${index + 1}`,
    sequences,
    tokens: sequences * CONTEXT,
  }));
  const materialize = (ids: Uint32Array): MaterializedOrder => ({
    digest: digestBytes(new Uint8Array(ids.buffer)),
    ids,
  });
  const arrange = (ids: Uint32Array, order: OrderBy, seed: number): MaterializedOrder => {
    const sorted = ids.slice().sort((a, b) => a - b);
    if (order.by === 'descending') sorted.reverse();
    if (order.by !== 'ascending' && order.by !== 'descending')
      new RandomStream(seed, `${order.by}/${sorted.join()}`).shuffle(sorted);
    return materialize(sorted);
  };
  return {
    digest: digestBytes(JSON.stringify({ count, sequences })),
    versions,
    domains: ['text'],
    scored,
    context: CONTEXT,
    vocabulary: 10,
    read: (ids) => new Int32Array(ids.length * (CONTEXT + 1)),
    order({ parts, order, seed }) {
      const ids = parts.flatMap(({ version, sequences: wanted = sequences }) =>
        Array.from({ length: wanted }, (_, index) => (version - 1) * sequences + index),
      );
      return arrange(Uint32Array.from(ids), order, seed);
    },
    reorder: arrange,
    contentOf: (ids) => {
      const contents = new Uint32Array(ids.length * (CONTENT_BYTES / 4));
      for (const [row, id] of ids.entries()) contents[row * (CONTENT_BYTES / 4)] = id;
      return new Uint8Array(contents.buffer);
    },
    evaluationSets: (): readonly EvaluationSet[] =>
      versions.map(({ index }) => ({
        digest: digestBytes(`held out ${index}`),
        parts: [{ version: index, domain: 'text', sequences: Uint32Array.of(1000 + index), bytes: CONTEXT }],
      })),
  };
}

interface ToyState extends TrainerState {
  step: number;
  readonly weights: Float64Array;
  readonly momentum: Float64Array;
}

const floats = (values: Float64Array): Uint8Array => new Uint8Array(values.buffer.slice(0));

export interface ToyOptions {
  /** Called before every step with the number of steps made so far; may throw. */
  readonly beforeStep?: (made: number) => void;
  /** Awaited in every step; default one tick. */
  readonly during?: () => Promise<void>;
  /** Default 0, so that a run makes only the steps of its plan. */
  readonly warmUpSteps?: number | undefined;
  /** Processor, which changes the last bits of every step; default: none is named. */
  readonly processor?: string;
  /** Called before passages are scored, with the number of passages scored so far; may throw. */
  readonly beforeScore?: (scored: number) => void;
}

/** Counts the steps it makes and the states that are not disposed; can be made to fail. */
export class ToyTrainer implements Trainer<ToyState> {
  made = 0;
  alive = 0;
  /** Number of passages scored. */
  scored = 0;
  readonly warmUpSteps?: number;

  constructor(private readonly options: ToyOptions = {}) {
    this.warmUpSteps = 'warmUpSteps' in options ? options.warmUpSteps : 0;
  }

  describe(): TrainerInfo {
    const { processor } = this.options;
    return {
      name: 'toy',
      version: '1.0.0',
      engine: 'plain TypeScript',
      device: 'cpu',
      precision: 'float32',
      deterministic: true,
      numerics: processor === undefined ? 'toy float64' : `toy float64 ${processor} exact`,
      ...(processor !== undefined && { processor }),
    };
  }

  async initialize(seed: number): Promise<ToyState> {
    const stream = new RandomStream(seed, 'init');
    return this.#state(
      0,
      Float64Array.from({ length: SIZE }, () => stream.uniform()),
      new Float64Array(SIZE),
    );
  }

  async restore(
    checkpoint: CheckpointReader,
    parts: { weights?: boolean; optimizer?: boolean; seed?: number } = {},
  ): Promise<ToyState> {
    const read = async (group: 'weights' | 'optimizer') => {
      const [tensor] = await checkpoint.read(group);
      return new Float64Array(tensor!.data.slice().buffer);
    };
    const fresh = await this.initialize(parts.seed ?? 0);
    this.alive--;
    const keep = parts.optimizer !== false && checkpoint.groups.includes('optimizer');
    const weights = parts.weights === false ? fresh.weights : await read('weights');
    return this.#state(keep ? checkpoint.step : 0, weights, keep ? await read('optimizer') : new Float64Array(SIZE));
  }

  async *train(state: ToyState, steps: StepBatch) {
    const { distil } = steps.objective ?? {};
    const [taught] = (await distil?.teacher.checkpoint.read('weights')) ?? [];
    const teacher = taught && new Float64Array(taught.data.slice().buffer);
    for (const [index, lr] of steps.lr.entries()) {
      this.options.beforeStep?.(this.made);
      await (this.options.during?.() ?? Promise.resolve());
      let loss = 0;
      const weights = steps.weights?.[index];
      for (let i = 0; i < SIZE; i++) {
        let gradient = 0;
        for (const [place, id] of steps.sequences[index]!.entries()) {
          gradient += (state.weights[i]! - Math.sin(id * (i + 1))) * (weights?.[place] ?? 1);
        }
        if (teacher !== undefined) gradient += distil!.weight * (state.weights[i]! - teacher[i]!);
        loss += gradient * gradient;
        state.momentum[i] = 0.9 * state.momentum[i]! + gradient;
        state.weights[i]! -= lr * state.momentum[i]! * (1 + 1e-12 * (this.options.processor?.length ?? 0));
      }
      state.step++;
      this.made++;
      yield { loss, gradNorm: Math.sqrt(loss) };
    }
  }

  async evaluate(state: ToyState, set: EvaluationSet) {
    const loss = (id: number) =>
      state.weights.reduce((sum, weight, i) => sum + (weight - Math.sin(id * (i + 1))) ** 2, 0);
    return set.parts.map(({ version, domain, sequences, bytes }) => ({
      version,
      domain,
      nll: sequences.reduce((sum, id) => sum + loss(id), 0),
      tokens: CONTEXT * sequences.length,
      bytes,
    }));
  }

  /** Tokens of a passage are points; their likelihood decreases with their distance. */
  async score(state: ToyState, passages: readonly Passage[]) {
    this.options.beforeScore?.(this.scored);
    this.scored += passages.length;
    return Float64Array.from(passages, ({ tokens, scored }) =>
      tokens
        .slice(tokens.length - scored)
        .reduce((sum, token) => sum - state.weights.reduce((all, weight) => all + (weight - token) ** 2, 0), 0),
    );
  }

  async combine(parts: readonly { checkpoint: CheckpointReader; weight: number }[]): Promise<ToyState> {
    const weights = new Float64Array(SIZE);
    for (const { checkpoint, weight } of parts) {
      const state = await this.restore(checkpoint);
      for (let i = 0; i < SIZE; i++) weights[i]! += weight * state.weights[i]!;
      state.dispose();
    }
    return this.#state(0, weights, new Float64Array(SIZE));
  }

  async save(
    state: ToyState,
    to: { write(group: 'weights' | 'optimizer', tensors: readonly Tensor[]): Promise<void> },
  ) {
    // Float64 arrays as pairs of 32-bit words, because `Tensor` has no 64-bit type.
    const tensor = (name: string, values: Float64Array): Tensor => ({
      name,
      dtype: 'U32',
      shape: [SIZE, 2],
      data: floats(values),
    });
    await to.write('weights', [tensor('weights', state.weights)]);
    await to.write('optimizer', [tensor('momentum', state.momentum)]);
  }

  async dispose() {}

  #state(step: number, weights: Float64Array, momentum: Float64Array): ToyState {
    this.alive++;
    return { step, weights, momentum, dispose: () => void this.alive-- };
  }
}

/** `change` can also contain fields that packages above core add. */
export function toySpec<Change extends Partial<ExperimentSpec>>(
  strategies: Readonly<Record<string, readonly PluginUse[]>>,
  change?: Change,
): ExperimentSpec & Change {
  const spec: ExperimentSpec = {
    name: 'toy',
    seeds: [7],
    batch: 4,
    lr: { peak: 0.01, warmup: 2, minRatio: 0.1 },
    optimizer: { name: 'adamw', beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 },
    objectives: ['distil', 'prefix'],
    strategies: Object.entries(strategies).map(([name, plugins]) => ({
      name,
      plugins,
      configPath: `strategies.${name}`,
    })),
    baseline: Object.keys(strategies)[0]!,
    checkpointEvery: 3,
  };
  return { ...spec, ...change } as ExperimentSpec & Change;
}

const directories: string[] = [];
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

/** Deleted after all tests of the file. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'branchline-core-'));
  directories.push(directory);
  return directory;
}

/** A kernel of toy parts without evaluators; any part can be replaced. */
export function toyKernel(
  strategies: Readonly<Record<string, readonly PluginUse[]>>,
  directory: string,
  parts: Partial<KernelParts> = {},
) {
  return new Kernel({
    spec: toySpec(strategies),
    model,
    data: toyData(),
    trainer: new ToyTrainer(),
    directory,
    ...parts,
  });
}
