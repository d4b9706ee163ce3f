import type { OrderBy } from '@branchline/core';

/** Without a ladder of scores. */
const LEVEL = 0.5;
/** On a ladder over the whole version. */
const LADDER = 0.05;
/** At the end of a version whose best share alone is sorted. */
const FINISH = 0.1;

/**
 * The span of an average that fits the order of the data, as a share of the increment's steps. Where scores rise to the
 * end of the version, older checkpoints have seen worse data only, so an average must not reach far down the ladder.
 *
 * Measured with a small decoder under path switching (versions of 750 steps, a classifier's score, six checkpoints):
 * sorted as a whole, a loss of 1.60 over a twentieth of the increment and of 1.70 to 1.81 over half of it; with the
 * best fifth at the end, 1.55 over a tenth. Other orders were not measured; their spans follow from these:
 *
 * - `shuffled`, and orders whose scores fall: half.
 * - `ascending`: a twentieth.
 * - `folded`: of the last stage, which is sorted like a version, a twentieth.
 * - `interleaved`: half of the last bucket, which is shuffled; at least a twentieth.
 * - `finish`: half of the sorted share; at most a tenth.
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
      return Math.min(FINISH, order.best / 2);
    default:
      return LEVEL;
  }
}
