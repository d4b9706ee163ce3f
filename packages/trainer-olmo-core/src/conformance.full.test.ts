/** The conformance kit with two processes. Needs OLMo-core. */
import { describeModel, initialize, modelSchema, referenceNll } from '@branchline/model';
import { createTrainerTester, syntheticData } from '@branchline/testing';
import { tryWorker } from '@branchline/trainer-torch';
import { describe, it } from 'vitest';
import { olmoCore } from './define.js';
import { OLMO_CORE } from './engine.js';

/** Why OLMo-core cannot be used here; undefined if it can. */
const refusal = await tryWorker(undefined, 120, OLMO_CORE).then(() => undefined, String);
if (refusal !== undefined) console.warn(`SKIPPED: conformance of the OLMo-core trainer. ${refusal}`);

/** The smallest model with all features: grouped heads, and an output matrix of its own. */
const smallest = modelSchema.parse({
  ...{ layers: 1, width: 8, heads: 4, kvHeads: 2, hidden: 6, context: 6, vocabulary: 11 },
  ...{ initStd: 0.3, tieEmbeddings: false },
});

describe.skipIf(refusal !== undefined)('olmo-core', { timeout: 120_000 }, () => {
  createTrainerTester(
    { ...olmoCore({ device: 'cpu', threads: 1, processes: 2 }), name: 'olmo-core with two processes' },
    {
      model: describeModel(smallest),
      data: syntheticData({ context: smallest.context, vocabulary: smallest.vocabulary }),
      reference: {
        initialize: (seed) => initialize(smallest, seed),
        nll: (weights, tokens) => referenceNll(smallest, weights, tokens),
      },
    },
  ).register({ describe, it });
});
