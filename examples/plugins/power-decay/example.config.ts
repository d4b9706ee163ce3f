/**
 * Compares decays by a power with path switching under other decays. Takes seconds.
 *
 *     npx branchline plan  examples/plugins/power-decay/example.config.ts --explain
 *     npx branchline bench examples/plugins/power-decay/example.config.ts
 */
import { defineExperiment, pathSwitching } from 'branchline';
import { powerDecay } from './power-decay.js';

export default defineExperiment({
  name: 'power-decay',
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../../../package-lock.json', bytesPerDomain: '200KB' }],
    versions: { by: 'random', count: 4, tokens: 30_720 },
  },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  strategies: {
    '1-sqrt to zero': [pathSwitching({ schedule: '1-sqrt', minRatio: 0 })],
    // The control: a power of 1.
    'linear to zero': [pathSwitching({ schedule: 'linear', minRatio: 0 })],
    'power of 2': [powerDecay({ power: 2 })],
    'power of 3': [powerDecay()],
    // The rate decays over the whole increment, as is optimal for easy tasks.
    'power of 3, whole increment': [powerDecay({ alpha: 1 })],
  },
});
