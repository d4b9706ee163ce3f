/**
 * Does order do more than weight? A curriculum under a falling rate weights each text by the rate that it meets. Here
 * the text stays shuffled and its loss is weighted by the rank of its score, at the cost of the main path alone, and is
 * compared with orders at a constant rate. See docs/quick-experiment.md.
 *
 *     npx branchline bench examples/weights.config.ts
 */
import { curriculum, defineExperiment, definePlugin, modelAveraging, pathSwitching, z } from 'branchline';
import quick from './quick.config.js';

/** Weights the loss of every sequence by a power of its rank, from the lowest score or, falling, from the highest. */
const rankWeights = definePlugin({
  name: 'rank-weights',
  owns: ['weights'],
  options: z.strictObject({ power: z.number().positive().default(1), falling: z.boolean().default(false) }),
  onStep({ ranks, options: { power, falling } }) {
    if (ranks === undefined) throw new Error('rank-weights needs data with scores');
    // The trainer divides by the sum of the weights of a batch, so that their size does not matter.
    return { weights: [...ranks].map((rank) => (falling ? 1 - rank : rank) ** power + 1e-3) };
  },
});

const mainPath = pathSwitching({ alpha: 0 });
const bestLast = curriculum({ order: { by: 'finish', best: 1 / 3, domains: 'together' } });
const ascending = curriculum({ order: { by: 'ascending', domains: 'together' } });

export default defineExperiment({
  ...quick,
  seeds: 3,
  strategies: {
    shuffled: [mainPath, modelAveraging()],
    'weights rise with rank': [mainPath, rankWeights(), modelAveraging()],
    'weights rise with rank^4': [mainPath, rankWeights({ power: 4 }), modelAveraging()],
    'weights fall with rank': [mainPath, rankWeights({ falling: true }), modelAveraging()],
    ascending: [mainPath, ascending, modelAveraging()],
    'best third last': [mainPath, bestLast, modelAveraging()],
    'best third last, weights rise with rank': [mainPath, bestLast, rankWeights(), modelAveraging()],
  },
  baseline: 'shuffled',
});
