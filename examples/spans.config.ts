/**
 * How far an average of the main path should reach back, by the order of the data: spans as shares of an increment. The
 * default of `model-averaging` follows this.
 *
 *     npx branchline bench examples/spans.config.ts
 */
import { curriculum, defineExperiment, modelAveraging, pathSwitching } from 'branchline';
import quick from './quick.config.js';

const ORDERS = {
  shuffled: [],
  'best fifth last': [curriculum({ order: { by: 'finish', best: 0.2, domains: 'together' } })],
  'best third last': [curriculum({ order: { by: 'finish', best: 1 / 3, domains: 'together' } })],
  ascending: [curriculum({ order: { by: 'ascending', domains: 'together' } })],
};
const SPANS = [0.05, 0.1, 0.15, 0.2, 0.3, 0.5];

export default defineExperiment({
  ...quick,
  strategies: Object.fromEntries(
    Object.entries(ORDERS).flatMap(([order, plugins]) =>
      SPANS.map((span) => [`${order}, ${span}`, [pathSwitching({ alpha: 0 }), ...plugins, modelAveraging({ span })]]),
    ),
  ),
  baseline: 'shuffled, 0.5',
});
