/**
 * Shows why the curricula of the quick experiment lose: the same main path and the same averages, with the text of each
 * version shuffled, sorted in both directions, and sorted in three folds. See docs/quick-experiment.md.
 *
 *     npx branchline bench examples/orders.config.ts
 */
import { curriculum, defineExperiment, modelAveraging, pathSwitching } from 'branchline';
import quick from './quick.config.js';

export default defineExperiment({
  ...quick,
  strategies: {
    shuffled: [pathSwitching({ alpha: 0 }), modelAveraging()],
    ascending: [pathSwitching({ alpha: 0 }), curriculum(), modelAveraging()],
    descending: [pathSwitching({ alpha: 0 }), curriculum({ order: 'descending' }), modelAveraging()],
    folded: [pathSwitching({ alpha: 0 }), curriculum({ order: 'folded' }), modelAveraging()],
  },
  baseline: 'shuffled',
});
