import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const tensor = (name: string, values: number[]) => ({
  name,
  dtype: 'F32' as const,
  shape: [values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
});
const file = Buffer.concat(encodeSafetensors([tensor('a', [1, 2, 3]), tensor('ü', []), tensor('b', [-0, Number.NaN])]));

test('tensors are read back bit-identical', () => {
  const back = decodeSafetensors(file);
  expect(back.map(({ name, shape }) => [name, shape])).toEqual([
    ['a', [3]],
    ['ü', [0]],
    ['b', [2]],
  ]);
  expect(Buffer.concat(encodeSafetensors(back))).toEqual(file);
});

test('the header is padded so that arrays start at a multiple of 8 bytes', () => {
  expect(Number(file.readBigUInt64LE()) % 8).toBe(0);
});

test('a damaged file is read unchanged or rejected with a message, without a crash', () => {
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length), (place, value, length) => {
      const damaged = Buffer.from(file.subarray(0, length));
      if (place < length) damaged[place] = value;
      try {
        decodeSafetensors(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        expect((error as Error).message).not.toBe('');
      }
    }),
    { numRuns: 2000 },
  );
});

test('a tensor whose bytes do not match its shape is rejected', () => {
  expect(() => encodeSafetensors([{ ...tensor('a', [1]), shape: [2] }])).toThrow(
    /shape \[2\] of F32 needs 8 bytes, got 4/,
  );
  expect(() => encodeSafetensors([tensor('a', [1]), tensor('a', [1])])).toThrow(/twice/);
});
