/**
 * Compares shards that stand alone with shards that follow each other, and what forgetting version 3 costs. Takes
 * seconds.
 *
 *     npx branchline plan  examples/plugins/shards/example.config.ts --explain
 *     npx branchline bench examples/plugins/shards/example.config.ts
 */
import { continual, defineExperiment, fromScratch } from 'branchline';
import { shards } from './shards.js';

export default defineExperiment({
  name: 'shards',
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../../../package-lock.json', bytesPerDomain: '200KB' }],
    versions: { by: 'random', count: 4, tokens: 30_720 },
  },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  strategies: {
    'from scratch': [fromScratch()],
    continual: [continual()],
    // Trains version 4 again, from the release of version 2.
    'continual without version 3': [shards({ isolated: false, forget: [3] })],
    shards: [shards()],
    // Trains nothing.
    'shards without version 3': [shards({ forget: [3] })],
  },
});
