/**
 * Extrapolated releases against from scratch, continual and path switching, in seconds.
 *
 *     npx branchline plan  examples/plugins/expo/example.config.ts --explain
 *     npx branchline bench examples/plugins/expo/example.config.ts
 */
import { continual, defineExperiment, fromScratch, pathSwitching } from 'branchline';
import { expo } from './expo.js';

export default defineExperiment({
  name: 'expo',
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
    // Nothing is trained for it: path switching has all states that are needed.
    'path switching + ExPO': [pathSwitching({ alpha: 0.6 }), expo()],
    // From the fork on, and not from the beginning of the version: in the direction of the decay alone.
    'path switching + ExPO of the branch': [pathSwitching({ alpha: 0.6 }), expo({ reach: 0.6 })],
    // Here the next version starts from what was extrapolated.
    'continual + ExPO': [continual(), expo()],
  },
});
