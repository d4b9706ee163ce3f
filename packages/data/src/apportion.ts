/**
 * Divides `total` among parts in proportion to `weights`, none above its capacity. What a full part cannot take goes
 * to the others; what is left of rounding goes to the largest weights. The result are whole numbers that add up to
 * min(total, sum of capacities).
 */
export function apportion(total: number, weights: readonly number[], capacities: readonly number[]): number[] {
  const shares = weights.map(() => 0);
  let left = Math.min(
    total,
    capacities.reduce((sum, capacity) => sum + capacity, 0),
  );
  while (left > 0) {
    let open = shares.map((_, index) => index).filter((index) => shares[index]! < capacities[index]!);
    // Parts without weight are used only when nothing else is left.
    if (open.some((index) => weights[index]! > 0)) open = open.filter((index) => weights[index]! > 0);
    const weigh = (index: number) => weights[index]! || 1;
    const sum = open.reduce((all, index) => all + weigh(index), 0);
    const ideal = open.map((index) => (left * weigh(index)) / sum);
    const room = (index: number) => capacities[index]! - shares[index]!;
    let given = 0;
    open.forEach((index, position) => {
      const share = Math.min(Math.floor(ideal[position]!), room(index));
      shares[index]! += share;
      given += share;
    });
    if (given === 0) {
      const order = open
        .map((index, position) => ({ index, remainder: ideal[position]! }))
        .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
      for (const { index } of order.slice(0, left)) {
        shares[index]! += 1;
        given++;
      }
    }
    left -= given;
  }
  return shares;
}

/** `count` of the numbers 0 .. total - 1, ascending and evenly spread. */
export function spread(total: number, count: number): Uint32Array {
  const chosen = new Uint32Array(count);
  for (let i = 0; i < count; i++) chosen[i] = Math.floor(((2 * i + 1) * total) / (2 * count));
  return chosen;
}
