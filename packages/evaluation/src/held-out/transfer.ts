import type { TransferResult } from '../results/transfer-result.js';

/**
 * Forgetting and transfer of a release. `matrix[i][j]` is the loss of release i on the held-out text of version j, for
 * all releases up to the one in question, which is the last row. Undefined for the first release.
 *
 * Forgetting is defined by Chaudhry et al. (2018, "Riemannian Walk for Incremental Learning"), both transfers by
 * Lopez-Paz and Ranzato (2017, "Gradient Episodic Memory for Continual Learning"). They use differences of accuracies;
 * here they are differences of losses, so maxima become minima and lower is better.
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
