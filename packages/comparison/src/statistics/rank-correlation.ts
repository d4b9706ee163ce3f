/**
 * Spearman's rank correlation (The proof and measurement of association between two things, 1904): Pearson's
 * correlation of the ranks, with ties at their mean rank. From -1 to 1; null if one list is constant. Throws a
 * RangeError for lists of different lengths.
 */
export function rankCorrelation(first: readonly number[], second: readonly number[]): number | null {
  if (first.length !== second.length)
    throw new RangeError(`lists of different lengths: ${first.length} and ${second.length}`);
  // The mean rank, also with ties.
  const middle = (first.length - 1) / 2;
  const [a, b] = [first, second].map((values) => ranks(values).map((rank) => rank - middle));
  const products = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, index) => sum + value * y[index]!, 0);
  const size = Math.sqrt(products(a!, a!) * products(b!, b!));
  return size === 0 ? null : products(a!, b!) / size;
}

function ranks(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index).sort((i, j) => values[i]! - values[j]!);
  const found = new Array<number>(values.length);
  for (let begin = 0; begin < order.length; ) {
    let end = begin;
    while (end < order.length && values[order[end]!] === values[order[begin]!]) end++;
    for (const index of order.slice(begin, end)) found[index] = (begin + end - 1) / 2;
    begin = end;
  }
  return found;
}
