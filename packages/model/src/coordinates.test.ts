import { expect, it } from 'vitest';
import { coordinatesOf } from './coordinates.js';
import { initialize, parameterTable } from './parameters.js';
import { modelSchema } from './spec.js';

const spec = modelSchema.parse({ layers: 2, width: 16, heads: 2, context: 8, vocabulary: 13, tieEmbeddings: false });

it('measures activations and how far they moved', () => {
  const before = initialize(spec, 1);
  const tokens = [3, 1, 4, 1, 5];
  const same = coordinatesOf(spec, before, before, tokens);
  expect(same.stream).toHaveLength(3);
  // The embedding is drawn with a deviation of 0.02.
  expect(same.stream[0]!.size).toBeCloseTo(0.02, 2);
  expect(same.stream[2]!.size).toBeGreaterThan(same.stream[1]!.size);
  expect([...same.stream, same.logits].map(({ change }) => change)).toEqual([0, 0, 0, 0]);
  // Twice the output matrix: logits move by their own size, and nothing before them moves.
  const names = parameterTable(spec).map(({ name }) => name);
  const after = before.map((values, i) => (names[i] === 'lm_head.weight' ? values.map((one) => 2 * one) : values));
  const moved = coordinatesOf(spec, before, after, tokens);
  expect(moved.logits.change).toBeCloseTo(same.logits.size, 6);
  expect(moved.stream).toEqual(same.stream);
});
