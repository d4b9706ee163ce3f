/** What tests of the trainer share. They run where PyTorch is installed; elsewhere they say that they were skipped. */
import type { TrainerContext } from '@branchline/core';
import {
  describeModel,
  initialize,
  type ModelSpec,
  modelSchema,
  optimizerSchema,
  referenceLogits,
  referenceNll,
} from '@branchline/model';
import { type createTrainerTester, patternSource, syntheticData } from '@branchline/testing';
import { torch } from '../src/define.js';
import type { TorchTrainerOptions } from '../src/options.js';
import { tryWorker } from '../src/worker/start.js';

/** Why PyTorch cannot be used here; undefined if it can. */
export const refusal: string | undefined = await tryWorker().then(
  () => undefined,
  (error: unknown) => String(error),
);

if (refusal !== undefined) console.warn(`SKIPPED: tests of the torch trainer. ${refusal}`);

export { distance, patternSource as source, steps, train } from '@branchline/testing';

/** A small model with several heads, groups and layers. */
export const tiny: ModelSpec = modelSchema.parse({
  ...{ layers: 2, width: 16, heads: 4, kvHeads: 2, hidden: 24, context: 8, vocabulary: 19, initStd: 0.2 },
});

/** The context of a trainer of `spec`. */
export function contextOf(spec: ModelSpec, optimizer: object = {}): TrainerContext {
  return { model: describeModel(spec), optimizer: optimizerSchema.parse(optimizer), data: patternSource(spec) };
}

/** A trainer of `spec`, on one thread. */
export const create = (options: TorchTrainerOptions = {}, spec: ModelSpec = tiny, optimizer: object = {}) =>
  torch({ device: 'cpu', threads: 1, ...options }).create(contextOf(spec, optimizer));

/** The smallest model with all features: grouped heads, and an output matrix of its own. */
const smallest = (context: number, hidden: number) =>
  modelSchema.parse({
    ...{ layers: 1, width: 8, heads: 4, kvHeads: 2, hidden, context, vocabulary: 11 },
    ...{ initStd: 0.3, tieEmbeddings: false },
  });

/** What the conformance kit tests the trainer with. */
export const kitInput = (name: string, options: TorchTrainerOptions): Parameters<typeof createTrainerTester> => {
  // A stack needs activations that vector instructions divide.
  const spec = options.stack === undefined ? smallest(6, 6) : smallest(8, 8);
  return [
    { ...torch({ device: 'cpu', threads: 1, ...options }), name },
    {
      ...{ model: describeModel(spec), data: syntheticData({ context: spec.context, vocabulary: spec.vocabulary }) },
      objectives: options.stack === undefined ? ['distil', 'prefix'] : [],
      reference: {
        initialize: (seed) => initialize(spec, seed),
        nll: (weights, tokens) => referenceNll(spec, weights, tokens),
        logits: (weights, tokens) => referenceLogits(spec, weights, tokens.subarray(0, -1)),
      },
    },
  ];
};
