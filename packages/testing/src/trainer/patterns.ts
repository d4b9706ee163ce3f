/** What tests of a trainer need besides the kit: sequences of any shape, steps, and comparisons of arrays. */
import {
  philox4x32,
  type SequenceSource,
  type StepBatch,
  type StepMetrics,
  type Trainer,
  type TrainerState,
} from '@branchline/core';

/** Sequences as a pure function of their ids: repeating patterns, which a model can learn. */
export function patternSource(spec: Pick<SequenceSource, 'context' | 'vocabulary'>): SequenceSource {
  const length = spec.context + 1;
  const words = new Uint32Array(4);
  return {
    context: spec.context,
    vocabulary: spec.vocabulary,
    read(ids) {
      const tokens = new Int32Array(ids.length * length);
      ids.forEach((id, row) => {
        philox4x32([id, 0, 0, 0], [1, 2], words);
        const period = 2 + (words[0]! % 5);
        for (let i = 0; i < length; i++)
          tokens[row * length + i] = ((words[1]! >>> 8) + 3 * (i % period)) % spec.vocabulary;
      });
      return tokens;
    },
  };
}

/** `count` steps of `size` new sequences each, starting with sequence `first`. */
export function steps(count: number, size: number, first = 0, lr = 0.01): StepBatch {
  return {
    lr: new Float64Array(count).fill(lr),
    sequences: Array.from({ length: count }, (_, step) =>
      Uint32Array.from({ length: size }, (_unused, row) => first + step * size + row),
    ),
  };
}

/** Trains to the end and returns the metrics of each step. */
export async function train<S extends TrainerState>(
  trainer: Trainer<S>,
  state: S,
  batch: StepBatch,
): Promise<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for await (const step of trainer.train(state, batch)) metrics.push(step);
  return metrics;
}

/** Largest difference between two arrays, as a share of the largest element of the second. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, scale] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return difference / scale;
}
