/**
 * Compares anytime averages with training from scratch under a cosine for every version, which they promise to match.
 * Takes seconds.
 *
 *     npx branchline plan  examples/plugins/anytime/example.config.ts --explain
 *     npx branchline bench examples/plugins/anytime/example.config.ts
 */
import { defineExperiment, fromScratch, modelAveraging, pathSwitching } from 'branchline';
import { anytime } from './anytime.js';

const mainPath = pathSwitching({ alpha: 0 });

export default defineExperiment({
  name: 'anytime',
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../../../package-lock.json', bytesPerDomain: '200KB' }],
    versions: { by: 'random', count: 4, tokens: 30_720 },
  },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  strategies: {
    'from scratch, cosine': [fromScratch()],
    'main path': [mainPath],
    'main path, averaged within a version': [mainPath, modelAveraging()],
    anytime: [anytime()],
    'anytime, longer memory': [anytime({ halfLife: 0.3 })],
    'anytime, 1/sqrt(t)': [anytime({ alpha: 60 })],
  },
});
