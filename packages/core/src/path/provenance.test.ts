import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isProvenance, type MadeBy, madeByOf, otherProcessor, otherProcessorsIn, withMakers } from './provenance.js';
import { countSteps, joinRanges, type StepRange } from './step-ranges.js';

test('another processor is named only if nothing else differs', () => {
  const own = { numerics: 'jit 1.30 x64 avx2 float32', processor: 'x64 avx2' };
  expect(otherProcessor(own, 'jit 1.30 arm64 float32')).toBe('arm64');
  for (const numerics of [
    'jit 1.30 x64 avx2 float32',
    'jit 1.31 arm64 float32',
    'jit 1.30 arm64 float16',
    'jit 1.30',
  ]) {
    expect(otherProcessor(own, numerics)).toBeUndefined();
  }
  expect(otherProcessor({ numerics: own.numerics }, 'jit 1.30 arm64 float32')).toBeUndefined();
  const by = (numerics: string) => [{ steps: 0, numerics }];
  const sources = [{ key: '', root: '', madeBy: by('jit 1.30 arm64 float32') }];
  const histories = [undefined, { madeBy: by(own.numerics) }, { madeBy: by('another'), sources }];
  expect(otherProcessorsIn(own, histories)).toEqual(['arm64']);
});

test('property: ranges with makers are the same ranges, and give the makers back', () => {
  const range = fc.integer({ min: 1, max: 6 }).map((steps) => ({ steps }));
  const change = fc.record({ steps: fc.integer({ min: 1, max: 20 }), numerics: fc.constantFrom('a', 'b', 'c') });
  const property = fc.property(fc.array(range, { minLength: 1 }), fc.array(change), (lengths, changes) => {
    let offset = 0;
    const ranges = lengths.map(({ steps }): StepRange => {
      const rate = { curve: 'constant' as const, from: 1, to: 1, of: steps, offset: 0, steps };
      const own = { rate, order: 'o', offset: offset * 2 };
      offset += steps;
      return own;
    });
    const madeBy: MadeBy[] = [{ steps: 0, numerics: 'a' }];
    for (const one of changes.sort((x, y) => x.steps - y.steps)) {
      const last = madeBy.at(-1)!;
      if (one.steps > last.steps && one.steps < offset && one.numerics !== last.numerics) madeBy.push(one);
    }
    const made = withMakers(ranges, madeBy, 2);
    expect(madeByOf('a', made)).toEqual(madeBy);
    expect(countSteps(made)).toBe(offset);
    const plain = made.map(({ numerics: _, ...rest }) => rest);
    expect(joinRanges(plain, 2)).toEqual(joinRanges(ranges, 2));
  });
  fc.assert(property, { seed: 1, numRuns: 200 });
});

test('a manifest with another structure is recognized', () => {
  const madeBy = [{ steps: 0, numerics: 'a' }];
  const key = '0'.repeat(64);
  expect(isProvenance({ madeBy })).toBe(true);
  expect(isProvenance({ madeBy, sources: [{ key, root: key, madeBy }] })).toBe(true);
  const wrong = [
    {},
    { madeBy: [] },
    { madeBy: [{ steps: -0.5, numerics: 'a' }] },
    { madeBy, sources: [{ key, madeBy }] },
  ];
  for (const value of [null, 3, ...wrong]) expect(isProvenance(value)).toBe(false);
});
