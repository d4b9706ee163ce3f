/**
 * Finds a peak rate for the quick experiment that is good for every strategy, so that the comparison is fair.
 *
 *     npx branchline bench examples/rates.config.ts
 */
import { defineExperiment, fromScratch, modelAveraging, pathSwitching } from 'branchline';
import quick from './quick.config.js';

const peaks = [1e-3, 2e-3, 4e-3, 8e-3];

export default defineExperiment({
  ...quick,
  strategies: Object.fromEntries(
    peaks.flatMap((peak) => {
      const overrides = { 'lr.peak': peak };
      return [
        [`from scratch, ${peak}`, { plugins: [fromScratch()], overrides }],
        [`path switching, ${peak}`, { plugins: [pathSwitching()], overrides }],
        [`averaging, ${peak}`, { plugins: [pathSwitching({ alpha: 0 }), modelAveraging()], overrides }],
      ];
    }),
  ),
  baseline: 'from scratch, 0.002',
});
