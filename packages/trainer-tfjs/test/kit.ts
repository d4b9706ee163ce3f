import { describeModel, initialize, modelSchema, referenceLogits, referenceNll } from '@branchline/model';
import { type createTrainerTester, syntheticData } from '@branchline/testing';
import * as tf from '@tensorflow/tfjs-core';
import { tfjs } from '../src/define.js';
import type { TfjsTrainerOptions } from '../src/options.js';

const data = syntheticData({ context: 6, vocabulary: 11 });
const { context, vocabulary } = data;
/** The smallest model with all features: grouped heads, and an output matrix of its own. */
const spec = modelSchema.parse({
  ...{ layers: 1, width: 8, heads: 4, kvHeads: 2, hidden: 6, context, vocabulary },
  ...{ initStd: 0.3, tieEmbeddings: false },
});

/** What the conformance kit tests an engine with. Its probe calls TensorFlow.js, so a backend must be imported. */
export const kitInput = (name: string, options: TfjsTrainerOptions): Parameters<typeof createTrainerTester> => [
  { ...tfjs(options), name },
  {
    ...{ model: describeModel(spec), data, objectives: ['distil', 'prefix'] },
    reference: {
      initialize: (seed) => initialize(spec, seed),
      nll: (weights, tokens) => referenceNll(spec, weights, tokens),
      logits: (weights, tokens) => referenceLogits(spec, weights, tokens.subarray(0, -1)),
    },
    probe: () => tf.memory().numTensors,
  },
];
