import type { OrderBy } from '@branchline/core';

/** Without a ladder of scores. */
const LEVEL = 0.5;
/** On a ladder over the whole version. */
const LADDER = 0.15;
/** At the end of a version whose best share alone is sorted. */
const FINISH = 0.2;

/**
 * The span of an average that fits the order of the data, as a share of the increment's steps. Where scores rise to the
 * end of the version, older checkpoints have seen worse data only, so an average must not reach far down the ladder.
 *
 * Measured by `examples/spans.config.ts` (docs/quick-experiment.md): where the best fifth or third of a version comes
 * last, and where it is sorted as a whole, an average over about a fifth of the increment is best; where it is
 * shuffled, over half. Other orders were not measured; their spans follow from these:
 *
 * - `shuffled`, and orders whose scores fall: half.
 * - `ascending`: 0.15.
 * - `folded`: of the last stage, which is sorted like a version, 0.15.
 * - `interleaved`: half of the last bucket, which is shuffled; at least 0.15.
 * - `finish`: the sorted share; at most 0.2.
 */
export function spanFor(order: OrderBy): number {
  if ('direction' in order && order.direction === 'descending') return LEVEL;
  switch (order.by) {
    case 'ascending':
      return LADDER;
    case 'folded':
      return LADDER / order.folds;
    case 'interleaved':
      return Math.max(LADDER, LEVEL / order.buckets);
    case 'finish':
      return Math.min(FINISH, order.best);
    default:
      return LEVEL;
  }
}
