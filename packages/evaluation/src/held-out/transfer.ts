import type { TransferResult } from '../results/transfer-result.js';

/**
 * What a release lost and gained on the text of each version. `matrix[i][j]` is the loss of release i on the held-out
 * text of version j, for all releases up to the one that is asked about, which is the last row. Undefined for a first
 * release: nothing came before it.
 *
 * Forgetting is that of Chaudhry et al. (2018, "Riemannian Walk for Incremental Learning"), the two transfers are those
 * of Lopez-Paz and Ranzato (2017, "Gradient Episodic Memory for Continual Learning"). Theirs are differences of
 * accuracies, ours of losses, so that their maximum is a minimum here, and less is better.
 */
export function transferOf(matrix: readonly (readonly number[])[]): TransferResult | undefined {
  const earlier = matrix.slice(0, -1);
  if (earlier.length === 0) return undefined;
  const release = matrix.at(-1)!;
  const mean = (value: (j: number) => number) => earlier.reduce((sum, _, j) => sum + value(j), 0) / earlier.length;
  return {
    forgetting: mean((j) => release[j]! - Math.min(...earlier.map((row) => row[j]!))),
    backwardTransfer: mean((j) => release[j]! - matrix[j]![j]!),
    forwardTransfer: mean((j) => matrix[j]![j + 1]!),
  };
}
