/**
 * Curricula inside path switching in several forms, at the cost of the main path alone, but for the last: each version
 * sorted whole, only its best share sorted at its end, and all versions sorted as one, which needs training from
 * scratch. See docs/quick-experiment.md.
 *
 *     npx branchline bench examples/orders.config.ts
 */
import { curriculum, defineExperiment, fromScratch, modelAveraging, pathSwitching } from 'branchline';
import quick from './quick.config.js';

const mainPath = pathSwitching({ alpha: 0 });
const bestLast = (best: number) => curriculum({ order: { by: 'finish', best, domains: 'together' } });
const sorted = (by: 'ascending' | 'descending') => curriculum({ order: { by, domains: 'together' } });

export default defineExperiment({
  ...quick,
  strategies: {
    shuffled: [mainPath, modelAveraging()],
    'best tenth last': [mainPath, bestLast(0.1), modelAveraging()],
    'best fifth last': [mainPath, bestLast(0.2), modelAveraging()],
    'best third last': [mainPath, bestLast(1 / 3), modelAveraging()],
    ascending: [mainPath, sorted('ascending'), modelAveraging()],
    descending: [mainPath, sorted('descending'), modelAveraging()],
    'all versions ascending as one': [fromScratch({ schedule: 'constant' }), sorted('ascending'), modelAveraging()],
  },
  baseline: 'shuffled',
});
