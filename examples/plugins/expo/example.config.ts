/**
 * Compares extrapolated releases with from scratch, continual and path switching. Takes seconds.
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
    // Needs no training: path switching has all the states.
    'path switching + ExPO': [pathSwitching({ alpha: 0.6 }), expo()],
    // Extrapolates only the decay: w0 is the state at the fork instead of the start of the version.
    'path switching + ExPO of the branch': [pathSwitching({ alpha: 0.6 }), expo({ reach: 0.6 })],
    // The next version starts from the extrapolated release.
    'continual + ExPO': [continual(), expo()],
  },
});
