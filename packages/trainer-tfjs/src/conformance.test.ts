import { describeModel, initialize, modelSchema, referenceNll } from '@branchline/model';
import { createTrainerTester, syntheticData } from '@branchline/testing';
import * as tf from '@tensorflow/tfjs-core';
// The probe calls TensorFlow.js, which needs a backend even if it does not use it.
import '@tensorflow/tfjs-backend-cpu';
import { describe, inject, it } from 'vitest';
import { tfjs } from './define.js';
import type { TfjsTrainerOptions } from './options.js';

const data = syntheticData({ context: 6, vocabulary: 11 });
const { context, vocabulary } = data;
/** The smallest model with all features: grouped heads, and an output matrix of its own. */
const spec = modelSchema.parse({
  ...{ layers: 1, width: 8, heads: 4, kvHeads: 2, hidden: 6, context, vocabulary },
  ...{ initStd: 0.3, tieEmbeddings: false },
});

const engines: readonly TfjsTrainerOptions[] = [
  { engine: 'jit', threads: 1 },
  { engine: 'jit', threads: 2 },
  { engine: 'eager', backend: 'cpu' },
  { engine: 'eager', backend: 'wasm' },
];

// The eager engines take longer; engines.test.ts compares them with these.
for (const options of inject('full') ? engines : engines.slice(0, 2)) {
  const name = `tfjs ${Object.values(options).join(', ')}`;
  createTrainerTester(
    { ...tfjs(options), name },
    {
      ...{ model: describeModel(spec), data },
      reference: {
        initialize: (seed) => initialize(spec, seed),
        nll: (weights, tokens) => referenceNll(spec, weights, tokens),
      },
      probe: () => tf.memory().numTensors,
    },
  ).register({ describe, it });
}
