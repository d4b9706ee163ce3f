/**
 * Compares residuals with path switching, whose main path they share, and its floor. Takes seconds.
 *
 *     npx branchline plan  examples/plugins/residual/example.config.ts --explain
 *     npx branchline bench examples/plugins/residual/example.config.ts
 */
import { defineExperiment, fromScratch, modelAveraging, pathSwitching } from 'branchline';
import { residual } from './residual.js';

export default defineExperiment({
  name: 'residual',
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../../../package-lock.json', bytesPerDomain: '200KB' }],
    versions: { by: 'random', count: 4, tokens: 30_720 },
  },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  strategies: {
    'from scratch': [fromScratch()],
    'path switching': [pathSwitching({ alpha: 0.6 })],
    // Trains nothing that path switching does not train.
    residual: [residual()],
    'half of the residual': [residual({ weight: 0.5 })],
    'residual of every second version': [residual({ every: 2 })],
    'main path': [pathSwitching({ alpha: 0 })],
    'main path, averaged': [pathSwitching({ alpha: 0 }), modelAveraging()],
  },
});
