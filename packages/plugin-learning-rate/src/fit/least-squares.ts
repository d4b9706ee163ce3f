/** Ordinary least squares for a few coefficients, by the normal equations with pivoting. */

/** A fitted linear model. */
export interface LinearFit {
  readonly coefficients: readonly number[];
  /** Observed minus fitted. */
  readonly residuals: readonly number[];
  /** Share of the variance that is explained; null if as many coefficients as points were fitted. */
  readonly r2: number | null;
}

/**
 * Fits `y` to columns of `rows`. Undefined if the columns do not determine the coefficients. Columns of similar size,
 * centred where possible, keep it accurate.
 */
export function leastSquares(rows: readonly (readonly number[])[], y: readonly number[]): LinearFit | undefined {
  const p = rows[0]?.length ?? 0;
  if (p === 0 || rows.length < p) return undefined;
  const matrix = Array.from({ length: p }, (_, i) => [
    ...Array.from({ length: p }, (__, j) => sum(rows.map((row) => row[i]! * row[j]!))),
    sum(rows.map((row, k) => row[i]! * y[k]!)),
  ]);
  const coefficients = solve(matrix);
  if (coefficients === undefined) return undefined;
  const residuals = rows.map((row, k) => y[k]! - sum(row.map((value, i) => value * coefficients[i]!)));
  const mean = sum(y) / y.length;
  const total = sum(y.map((value) => (value - mean) ** 2));
  const r2 = rows.length === p || total === 0 ? null : 1 - sum(residuals.map((value) => value ** 2)) / total;
  return { coefficients, residuals, r2 };
}

/** Solves an augmented system by Gaussian elimination; undefined if it is singular. Changes the matrix. */
function solve(matrix: number[][]): readonly number[] | undefined {
  const p = matrix.length;
  const scale = Math.max(...matrix.map((row, i) => Math.abs(row[i]!)));
  for (let i = 0; i < p; i++) {
    const pivot = argMax(matrix.slice(i).map((row) => Math.abs(row[i]!))) + i;
    [matrix[i], matrix[pivot]] = [matrix[pivot]!, matrix[i]!];
    if (!(Math.abs(matrix[i]![i]!) > 1e-12 * scale)) return undefined;
    for (let k = i + 1; k < p; k++) {
      const factor = matrix[k]![i]! / matrix[i]![i]!;
      for (let j = i; j <= p; j++) matrix[k]![j]! -= factor * matrix[i]![j]!;
    }
  }
  const solution = new Array<number>(p).fill(0);
  for (let i = p - 1; i >= 0; i--) {
    const known = sum(solution.slice(i + 1).map((value, k) => value * matrix[i]![i + 1 + k]!));
    solution[i] = (matrix[i]![p]! - known) / matrix[i]![i]!;
  }
  return solution;
}

/** Sum of numbers. */
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Arithmetic mean. */
export const meanOf = (values: readonly number[]): number => sum(values) / values.length;

/** Index of the largest value. */
const argMax = (values: readonly number[]): number => values.indexOf(Math.max(...values));
