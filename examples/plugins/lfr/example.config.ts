/**
 * Compares learn, focus, review with from scratch, continual and path switching. Takes seconds.
 *
 *     npx branchline plan  examples/plugins/lfr/example.config.ts --explain
 *     npx branchline bench examples/plugins/lfr/example.config.ts
 */
import { continual, defineExperiment, fromScratch, pathSwitching } from 'branchline';
import { lfr } from './lfr.js';

export default defineExperiment({
  name: 'lfr',
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../../../package-lock.json', bytesPerDomain: '200KB' }],
    versions: { by: 'random', count: 4, tokens: 30_720 },
  },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  strategies: {
    'from scratch': [fromScratch()],
    continual: [continual()],
    'path switching': [pathSwitching({ alpha: 0.6 })],
    // The rate stays at the peak until the last review decays it.
    'learn, focus, review': [continual({ schedule: 'constant' }), lfr()],
    // Focuses twice, each time on the sequences with the highest loss at that point.
    'LFR, two cycles': [continual({ schedule: 'constant' }), lfr({ cycles: 2 })],
  },
});
