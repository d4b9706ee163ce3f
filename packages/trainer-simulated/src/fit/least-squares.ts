/**
 * Least squares with Huber's loss: the method of Levenberg and Marquardt, with weights that are computed anew in every
 * iteration. docs/dependencies.md says why it is our own.
 */

/** Residuals at some parameters; of one length at all of them. */
export type Residuals = (parameters: Float64Array) => Float64Array;

/** A minimum. */
export interface Minimum {
  readonly parameters: Float64Array;
  /** Mean of Huber's loss over the residuals. */
  readonly value: number;
}

const ITERATIONS = 60;
/** Ends when an iteration improves the value by less than this share, three times in a row. */
const ENOUGH = 1e-6;
const REACH = 1e-6;

/**
 * Minimizes the mean of Huber's loss of `residuals`: r²/2 up to `delta`, and delta·(|r| - delta/2) above.
 * Deterministic. Parameters with a non-finite residual are never accepted.
 */
export function minimize(residuals: Residuals, start: Float64Array, delta: number): Minimum {
  let parameters = start.slice();
  let current = residuals(parameters);
  let value = huber(current, delta);
  let damping = 1e-3;
  let small = 0;
  for (let iteration = 0; iteration < ITERATIONS && small < 3; iteration++) {
    const { normal, gradient } = linearize(residuals, parameters, current, delta);
    let improved = false;
    for (let attempt = 0; attempt < 12 && !improved; attempt++) {
      const step = solve(damped(normal, damping), gradient);
      const next = parameters.map((parameter, i) => parameter - (step?.[i] ?? Number.NaN));
      const at = residuals(next);
      const better = huber(at, delta);
      if (better < value) {
        small = value - better < ENOUGH * value ? small + 1 : 0;
        [parameters, current, value, improved] = [next, at, better, true];
        damping = Math.max(1e-12, damping / 5);
      } else {
        damping = Math.min(1e12, damping * 4);
      }
    }
    if (!improved) break;
  }
  return { parameters, value };
}

/** Mean of Huber's loss; infinite if a residual is not finite. */
function huber(residuals: Float64Array, delta: number): number {
  let total = 0;
  for (const residual of residuals) {
    const size = Math.abs(residual);
    total += size <= delta ? (size * size) / 2 : delta * (size - delta / 2);
  }
  return Number.isFinite(total) ? total / residuals.length : Number.POSITIVE_INFINITY;
}

function linearize(residuals: Residuals, parameters: Float64Array, current: Float64Array, delta: number) {
  const columns = Array.from(parameters, (parameter, i) => {
    const moved = parameters.slice();
    moved[i] = parameter + REACH;
    const at = residuals(moved);
    return at.map((value, row) => (value - current[row]!) / REACH);
  });
  const weights = current.map((residual) => Math.min(1, delta / Math.abs(residual)));
  const product = (a: Float64Array, b: Float64Array) =>
    a.reduce((sum, value, row) => sum + weights[row]! * value * b[row]!, 0);
  return {
    normal: columns.map((a) => Float64Array.from(columns, (b) => product(a, b))),
    gradient: Float64Array.from(columns, (a) => product(a, current)),
  };
}

function damped(normal: readonly Float64Array[], damping: number): Float64Array[] {
  return normal.map((row, i) => row.map((value, j) => (i === j ? value * (1 + damping) + 1e-30 : value)));
}

/** Solves a linear system by elimination with pivots; undefined if it is singular. Changes `matrix`. */
export function solve(matrix: Float64Array[], right: Float64Array): Float64Array | undefined {
  const rows = matrix.map((row, i) => Float64Array.of(...row, right[i]!));
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let best = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[best]![column]!)) best = row;
    }
    [rows[column], rows[best]] = [rows[best]!, rows[column]!];
    const pivot = rows[column]![column]!;
    if (!(Math.abs(pivot) > 0)) return undefined;
    for (let row = column + 1; row < size; row++) {
      const factor = rows[row]![column]! / pivot;
      for (let at = column; at <= size; at++) rows[row]![at]! -= factor * rows[column]![at]!;
    }
  }
  const solution = new Float64Array(size);
  for (let row = size - 1; row >= 0; row--) {
    let rest = rows[row]![size]!;
    for (let at = row + 1; at < size; at++) rest -= rows[row]![at]! * solution[at]!;
    solution[row] = rest / rows[row]![row]!;
  }
  return solution;
}
