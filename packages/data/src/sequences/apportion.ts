/**
 * Divides `total` among parts in proportion to `weights`, capped by `capacities`, by the largest-remainder method. The
 * excess of full parts goes to the others. Returns integers that sum to min(total, sum of capacities).
 */
export function apportion(total: number, weights: readonly number[], capacities: readonly number[]): number[] {
  const shares = weights.map(() => 0);
  const all = weights.map((_, index) => index);
  const weighted = all.filter((index) => weights[index]! > 0);
  // Parts of weight 0 receive only what exceeds the capacity of all others.
  const left = fill(total, weighted, weights, capacities, shares);
  const rest = all.filter((index) => weights[index] === 0);
  fill(left, rest, capacities, capacities, shares);
  return shares;
}

/** Fills `shares` and returns the amount beyond all capacities. */
function fill(
  total: number,
  parts: readonly number[],
  weights: readonly number[],
  capacities: readonly number[],
  shares: number[],
): number {
  let left = total;
  let open = parts.filter((index) => capacities[index]! > 0);
  while (open.length > 0) {
    const sum = open.reduce((all, index) => all + weights[index]!, 0);
    const ideal = (index: number) => (left * weights[index]!) / sum;
    const full = open.filter((index) => ideal(index) >= capacities[index]!);
    if (full.length === 0) {
      const whole = open.map((index) => Math.floor(ideal(index)));
      const missing = left - whole.reduce((all, one) => all + one, 0);
      const ranked = open
        .map((index, position) => ({ position, remainder: ideal(index) - whole[position]! }))
        .sort((a, b) => b.remainder - a.remainder || a.position - b.position);
      for (const { position } of ranked.slice(0, missing)) whole[position]! += 1;
      for (const [position, index] of open.entries()) shares[index] = whole[position]!;
      return 0;
    }
    for (const index of full) {
      shares[index] = capacities[index]!;
    }
    left -= full.reduce((all, index) => all + capacities[index]!, 0);
    open = open.filter((index) => !full.includes(index));
  }
  return left;
}

/** `count` of the numbers 0 to `total - 1`, ascending and evenly spaced. */
export function spread(total: number, count: number): Uint32Array {
  const chosen = new Uint32Array(count);
  for (let i = 0; i < count; i++) chosen[i] = Math.floor(((2 * i + 1) * total) / (2 * count));
  return chosen;
}
