/** What tests of the trainer share. They run where PyTorch is installed; elsewhere they say that they were skipped. */
import type { SequenceSource, StepBatch, StepMetrics, Trainer, TrainerContext, TrainerState } from '@branchline/core';
import { philox4x32 } from '@branchline/core';
import {
  describeModel,
  initialize,
  type ModelSpec,
  modelSchema,
  optimizerSchema,
  referenceNll,
} from '@branchline/model';
import { type createTrainerTester, syntheticData } from '@branchline/testing';
import { torch } from '../src/define.js';
import type { TorchTrainerOptions } from '../src/options.js';
import { tryWorker } from '../src/worker/start.js';

/** Why PyTorch cannot be used here; undefined if it can. */
export const refusal: string | undefined = await tryWorker().then(
  () => undefined,
  (error: unknown) => String(error),
);

if (refusal !== undefined) console.warn(`SKIPPED: tests of the torch trainer. ${refusal}`);

/** A small model with several heads, groups and layers. */
export const tiny: ModelSpec = modelSchema.parse({
  ...{ layers: 2, width: 16, heads: 4, kvHeads: 2, hidden: 24, context: 8, vocabulary: 19, initStd: 0.2 },
});

/** Sequences as a pure function of their ids: repeating patterns, which a model can learn. */
export function source(spec: ModelSpec): SequenceSource {
  const length = spec.context + 1;
  const words = new Uint32Array(4);
  return {
    context: spec.context,
    vocabulary: spec.vocabulary,
    read(ids) {
      const tokens = new Int32Array(ids.length * length);
      ids.forEach((id, row) => {
        philox4x32([id, 0, 0, 0], [1, 2], words);
        const period = 2 + (words[0]! % 5);
        for (let i = 0; i < length; i++)
          tokens[row * length + i] = ((words[1]! >>> 8) + 3 * (i % period)) % spec.vocabulary;
      });
      return tokens;
    },
  };
}

/** The context of a trainer of `spec`. */
export function contextOf(spec: ModelSpec, optimizer: object = {}): TrainerContext {
  return { model: describeModel(spec), optimizer: optimizerSchema.parse(optimizer), data: source(spec) };
}

/** A trainer of `spec`, on one thread. */
export const create = (options: TorchTrainerOptions = {}, spec: ModelSpec = tiny, optimizer: object = {}) =>
  torch({ device: 'cpu', threads: 1, ...options }).create(contextOf(spec, optimizer));

/** `count` steps of `size` new sequences each, starting with sequence `first`. */
export function steps(count: number, size: number, first = 0, lr = 0.01): StepBatch {
  return {
    lr: new Float64Array(count).fill(lr),
    sequences: Array.from({ length: count }, (_, step) =>
      Uint32Array.from({ length: size }, (_unused, row) => first + step * size + row),
    ),
  };
}

/** Trains to the end and returns the metrics of each step. */
export async function train<S extends TrainerState>(
  trainer: Trainer<S>,
  state: S,
  batch: StepBatch,
): Promise<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for await (const step of trainer.train(state, batch)) metrics.push(step);
  return metrics;
}

/** Largest difference between two arrays, as a share of the largest element of the second. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, scale] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return difference / scale;
}

const data = syntheticData({ context: 6, vocabulary: 11 });
/** The smallest model with all features: grouped heads, and an output matrix of its own. */
const smallest = modelSchema.parse({
  ...{ layers: 1, width: 8, heads: 4, kvHeads: 2, hidden: 6, context: 6, vocabulary: 11 },
  ...{ initStd: 0.3, tieEmbeddings: false },
});

/** What the conformance kit tests the trainer with. */
export const kitInput = (name: string, options: TorchTrainerOptions): Parameters<typeof createTrainerTester> => [
  { ...torch({ device: 'cpu', threads: 1, ...options }), name },
  {
    ...{ model: describeModel(smallest), data },
    reference: {
      initialize: (seed) => initialize(smallest, seed),
      nll: (weights, tokens) => referenceNll(smallest, weights, tokens),
    },
  },
];
