/**
 * Compares a share of old text that rises over every version with one that falls and one that stays. Takes seconds.
 *
 *     npx branchline plan  examples/plugins/flipped/example.config.ts --explain
 *     npx branchline bench examples/plugins/flipped/example.config.ts
 */
import { continual, defineExperiment, replay } from 'branchline';
import { flipped } from './flipped.js';

export default defineExperiment({
  name: 'flipped',
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../../../package-lock.json', bytesPerDomain: '200KB' }],
    versions: { by: 'random', count: 4, tokens: 30_720 },
  },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  strategies: {
    continual: [continual()],
    // The control: as much old text, spread evenly.
    'replay of 25%': [continual(), replay({ ratio: 0.25 })],
    'replay rises from 0% to 50%': [continual(), flipped()],
    'replay falls from 50% to 0%': [continual(), flipped({ from: 0.5, to: 0 })],
  },
});
