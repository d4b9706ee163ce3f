/**
 * Compares the stability-gap recipe with from scratch, continual and path switching. Takes seconds.
 *
 *     npx branchline plan  examples/plugins/stability-gap/example.config.ts --explain
 *     npx branchline bench examples/plugins/stability-gap/example.config.ts
 */
import { continual, defineExperiment, fromScratch, pathSwitching } from 'branchline';
import { stabilityGap } from './stability-gap.js';

export default defineExperiment({
  name: 'stability-gap',
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../../../package-lock.json', bytesPerDomain: '200KB' }],
    versions: { by: 'random', count: 4, tokens: 30_720 },
    score: 'diversity',
  },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  strategies: {
    'from scratch': [fromScratch()],
    continual: [continual()],
    'path switching': [pathSwitching({ alpha: 0.6 })],
    // Two passes over the better half of each increment.
    'best half, twice': [continual(), stabilityGap()],
    // Two passes over any half.
    'any half, twice': [continual(), stabilityGap({ by: 'random' })],
    // As many sequences, from all increments so far: less new data, and a mixture closer to earlier training.
    'mixed half, twice': [continual(), stabilityGap({ by: 'random', of: 'all' })],
  },
});
