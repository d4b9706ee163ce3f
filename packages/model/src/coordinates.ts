/** How large activations are, and how far training moved them: what must be alike at every width and depth. */
import { referenceActivations, type Weights } from './reference.js';
import type { ModelSpec } from './spec.js';

/** Root mean squares of an activation before training, and of its change. */
export interface Coordinate {
  readonly size: number;
  readonly change: number;
}

/** Coordinates of a model on one sequence. */
export interface Coordinates {
  /** The residual stream before the first layer and after each. */
  readonly stream: readonly Coordinate[];
  readonly logits: Coordinate;
}

/** The coordinate check of Tensor Programs V (arXiv 2203.03466, appendix D.1), from weights before and after steps. */
export function coordinatesOf(
  spec: ModelSpec,
  before: Weights,
  after: Weights,
  tokens: ArrayLike<number>,
): Coordinates {
  const [first, second] = [before, after].map((weights) => referenceActivations(spec, weights, tokens)) as [
    ReturnType<typeof referenceActivations>,
    ReturnType<typeof referenceActivations>,
  ];
  return {
    stream: first.stream.map((values, layer) => coordinate(values, second.stream[layer]!)),
    logits: coordinate(first.logits, second.logits),
  };
}

function coordinate(before: Float64Array, after: Float64Array): Coordinate {
  return { size: rootMeanSquare(before), change: rootMeanSquare(after.map((value, i) => value - before[i]!)) };
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
}
