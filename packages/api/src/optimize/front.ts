/** Pareto fronts of cost and loss, and which of their points a law can distinguish. */

/** What a front compares; lower is better for both. */
export interface CostAndLoss {
  readonly steps: number;
  /** Nats per token. */
  readonly loss: number;
}

/** Losses are compared to a millionth of a nat: versions of Node can differ in the last digits of a power. */
const PRECISION = 1e6;
const rounded = (loss: number): number => Math.round(loss * PRECISION);

/**
 * The items that no other one beats: none costs less or as much and has a lower loss, or the same loss at a lower cost.
 * From the cheapest to the most expensive; of equal ones the first.
 */
export function paretoFront<Item extends CostAndLoss>(items: readonly Item[]): readonly Item[] {
  const order = [...items.keys()].sort((a, b) => {
    const [first, second] = [items[a]!, items[b]!];
    return first.steps - second.steps || rounded(first.loss) - rounded(second.loss) || a - b;
  });
  const front: Item[] = [];
  for (const index of order) {
    const item = items[index]!;
    if (front.length === 0 || rounded(item.loss) < rounded(front.at(-1)!.loss)) front.push(item);
  }
  return front;
}

/**
 * Whether two predictions can be distinguished: their intervals, each ± `interval` of its loss, do not overlap. That
 * assumes nothing of how the errors of the two depend on each other.
 */
export function distinguishable(first: number, second: number, interval: number): boolean {
  const [low, high] = first < second ? [first, second] : [second, first];
  return low * (1 + interval) < high * (1 - interval);
}

/**
 * The level of each point of a front: a level begins with the cheapest point that can be distinguished from the
 * cheapest one of the level before. Within a level the law knows no reason to pay more than for its first point.
 */
export function levelsOf(front: readonly CostAndLoss[], interval: number): readonly number[] {
  let level = 0;
  let first: CostAndLoss | undefined;
  return front.map((point) => {
    if (first === undefined || distinguishable(first.loss, point.loss, interval)) {
      first = point;
      level++;
    }
    return level;
  });
}
