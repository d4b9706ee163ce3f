import fc from 'fast-check';
import { expect, test } from 'vitest';
import { philox4x32, RandomStream } from './random.js';

test('philox4x32-10 gives the known answers of Random123', () => {
  const run = (counter: number[], key: number[]) => {
    const out = new Uint32Array(4);
    philox4x32(counter, key, out);
    return [...out].map((word) => word.toString(16));
  };
  const ones = 0xffffffff;
  expect(run([0, 0, 0, 0], [0, 0])).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']);
  expect(run([ones, ones, ones, ones], [ones, ones])).toEqual(['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd']);
  expect(run([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    'd16cfe09',
    '94fdcceb',
    '5001e420',
    '24126ea1',
  ]);
});

test('a value depends only on seed, name and position', () => {
  const stream = new RandomStream(3, 'order');
  const inOrder = Array.from({ length: 12 }, () => stream.next());
  expect([11, 0, 5].map((position) => new RandomStream(3, 'order').at(position))).toEqual([
    inOrder[11],
    inOrder[0],
    inOrder[5],
  ]);
  expect(new RandomStream(4, 'order').next()).not.toBe(inOrder[0]);
  expect(new RandomStream(3, 'other').next()).not.toBe(inOrder[0]);
});

test('a clone continues at the position of the original, independently', () => {
  const stream = new RandomStream(1, 'a');
  stream.next();
  const copy = stream.clone();
  const expected = [stream.next(), stream.next()];
  expect([copy.next(), copy.next()]).toEqual(expected);
});

test('shuffle permutes, below stays below, uniform stays in [0, 1)', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 500 }), (seed, size) => {
      const stream = new RandomStream(seed, 'property');
      const shuffled = stream.shuffle(Uint32Array.from({ length: size }, (_, index) => index));
      expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index));
      expect(stream.below(size)).toBeLessThan(size);
      const value = stream.uniform();
      expect(value >= 0 && value < 1).toBe(true);
    }),
  );
});
