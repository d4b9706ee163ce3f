import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestBytes } from '../json.js';
import { KeyChain } from './key-chain.js';
import { CONTENT_BYTES, OrderContents } from './order-contents.js';
import { constantPiece, curvePiece } from './rate-pieces.js';
import { commonPrefix, type StepRange, sliceRange, takeSteps } from './step-ranges.js';

const BATCH = 4;
const ranges: readonly StepRange[] = [
  { rate: curvePiece('linear', 0, 1, 5), order: 'a', offset: 0 },
  { rate: constantPiece(1, 20), order: 'a', offset: 5 * BATCH },
  { rate: constantPiece(1, 10), order: 'b', offset: 0 },
  { rate: curvePiece('cosine', 1, 0.1, 9), order: 'b', offset: 10 * BATCH },
];
/** Orders by name: a sequence is its id, and its content too. `d` begins like `a`. */
const count = (first: number, length: number) => Uint32Array.from({ length }, (_, index) => first + index);
const orders: Readonly<Record<string, Uint32Array>> = {
  ...{ a: count(0, 200), b: count(1000, 200), c: count(2000, 200) },
  d: Uint32Array.from([...count(0, 20), ...count(3000, 180)]),
};
const contentOf = (ids: Uint32Array) => {
  const words = CONTENT_BYTES / 4;
  return new Uint8Array(Uint32Array.from({ length: ids.length * words }, (_, i) => ids[Math.floor(i / words)]!).buffer);
};
const basis = { batch: BATCH, contents: new OrderContents({ ids: (order) => orders[order]!, contentOf }) };
const root = KeyChain.root('0'.repeat(64), basis);

test('the key of a state does not depend on where its path was split', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 44 }), fc.array(fc.integer({ min: 1, max: 43 })), (steps, cuts) => {
      const straight = root.extendAll(takeSteps(ranges, steps, BATCH)).key();
      let chain = root;
      let begin = 0;
      for (const range of takeSteps(ranges, steps, BATCH)) {
        let done = 0;
        const inside = cuts.map((cut) => cut - begin).filter((cut) => cut > 0 && cut < range.rate.steps);
        for (const cut of [...new Set(inside)].sort((a, b) => a - b).concat(range.rate.steps)) {
          chain = chain.extend(sliceRange(range, done, cut - done, BATCH));
          done = cut;
        }
        begin += range.rate.steps;
      }
      expect(chain.key()).toBe(straight);
    }),
  );
});

test('every step, and every property of a step, changes the key', () => {
  const keys = Array.from({ length: 45 }, (_, steps) => root.extendAll(takeSteps(ranges, steps, BATCH)).key());
  expect(new Set(keys).size).toBe(45);
  const [first] = ranges;
  const changed = [
    { ...first!, order: 'c' },
    { ...first!, offset: 4 },
    { ...first!, weights: [1, 1, 1, 2] },
    { ...first!, rate: curvePiece('linear', 0, 2, 5) },
  ];
  const all = [first!, ...changed].map((range) => root.extend(range).key());
  expect(new Set(all).size).toBe(5);
});

test('a key holds the content of what was trained on, and nothing of what comes after it in the order', () => {
  const first = (order: string, steps: number): StepRange => ({ rate: constantPiece(1, steps), order, offset: 0 });
  const key = (order: string, steps: number) => root.extend(first(order, steps)).key();
  expect(key('d', 5)).toBe(key('a', 5));
  expect(key('d', 6)).not.toBe(key('a', 6));
  expect(commonPrefix([first('a', 30)], [first('d', 30)], basis)).toBe(5);
  expect(commonPrefix([first('a', 30)], [first('b', 30)], basis)).toBe(0);
});

test('orders that differ before a range do not share it', () => {
  const late = (order: string): StepRange => ({ rate: constantPiece(1, 2), order, offset: 6 * BATCH });
  const twin = Uint32Array.from([...count(5000, 24), ...count(24, 8)]);
  const contents = new OrderContents({ ids: (order) => (order === 'twin' ? twin : orders[order]!), contentOf });
  expect(commonPrefix([late('a')], [late('twin')], { batch: BATCH, contents })).toBe(0);
  const of = (order: string) => KeyChain.root('0'.repeat(64), { batch: BATCH, contents }).extend(late(order)).key();
  expect(of('a')).not.toBe(of('twin'));
});

test('digests of long orders do not depend on the order in which they are asked for', () => {
  const long = count(0, 5000);
  const fresh = () => new OrderContents({ ids: () => long, contentOf });
  const ascending = fresh();
  for (const end of [0, 1, 1023, 1024, 1025, 4096, 5000]) {
    expect(fresh().prefix('long', end)).toBe(digestBytes(contentOf(long.subarray(0, end))));
    expect(ascending.prefix('long', end)).toBe(fresh().prefix('long', end));
  }
  expect(ascending.prefix('long', 7)).toBe(fresh().prefix('long', 7));
});
