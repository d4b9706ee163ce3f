/** Files of a run that are damaged or were written by another program. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../src/store/safetensors.js';

const WIDTHS: Readonly<Record<string, number>> = { F32: 4, BF16: 2, I32: 4, U32: 4 };

/** A file with a header of any text, and a body; `length` overrides the header length. */
function fileOf(
  header: string,
  body: Uint8Array = new Uint8Array(),
  length = BigInt(Buffer.byteLength(header)),
): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(length);
  return Buffer.concat([bytes, Buffer.from(header), body]);
}

/** Tensors, or undefined when the reader rejects the file with a RangeError and a message. */
function read(file: Uint8Array) {
  try {
    return decodeSafetensors(file);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).not.toMatch(/^$|call stack|array length|allocation/i);
    return undefined;
  }
}

/**
 * Checks tensors against the file with independent code: every array is where its entry points, and together they fill
 * the body.
 */
function checkAgainstFile(file: Buffer, tensors: ReturnType<typeof decodeSafetensors>): void {
  const length = Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  expect(tensors.map(({ name }) => name).sort()).toEqual(names.sort());
  let bytes = 0;
  for (const { name, dtype, shape, data } of tensors) {
    const [begin, end] = header[name]!.data_offsets;
    expect(Buffer.from(data).equals(file.subarray(8 + length + begin, 8 + length + end))).toBe(true);
    expect(data.byteLength).toBe(shape.reduce((product, size) => product * size, WIDTHS[dtype]!));
    bytes += data.byteLength;
  }
  expect(8 + length + bytes).toBe(file.length);
}

const names = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '2', '1', '', 'model.embed_tokens.weight', '<b>', 'a\u0000'),
  fc.string({ unit: 'binary' }),
);
const tensors = fc
  .uniqueArray(
    fc.record({
      name: names,
      dtype: fc.constantFrom('F32', 'BF16', 'I32', 'U32'),
      shape: fc.array(fc.nat(3), { maxLength: 3 }),
    }),
    {
      selector: ({ name }) => name,
      maxLength: 5,
    },
  )
  .map((list) =>
    list
      .filter(({ name }) => name !== '__metadata__')
      .map(({ name, dtype, shape }, seed) => {
        const bytes = shape.reduce((product, size) => product * size, WIDTHS[dtype]!);
        return { name, dtype: dtype as 'F32', shape, data: Uint8Array.from({ length: bytes }, (_, i) => i * 7 + seed) };
      }),
  );

describe('safetensors', () => {
  test('tensors with any names are read back', () => {
    fc.assert(
      fc.property(tensors, (list) => {
        const file = Buffer.concat(encodeSafetensors(list));
        const back = decodeSafetensors(file);
        checkAgainstFile(file, back);
        const sorted = (all: readonly { readonly name: string }[]) =>
          [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
        expect(sorted(back)).toEqual(sorted(list));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('random bytes, and files with bytes changed, removed or inserted, are read as they are or rejected', () => {
    const change = fc.record({ at: fc.nat(), cut: fc.nat(3), put: fc.uint8Array({ maxLength: 9 }) });
    let taken = 0;
    fc.assert(
      fc.property(
        tensors,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.uint8Array(),
        (list, changes, noise) => {
          expect(read(noise)).toBeUndefined();
          let file = Buffer.concat(encodeSafetensors(list));
          for (const { at, cut, put } of changes) {
            const place = at % (file.length + 1);
            file = Buffer.concat([file.subarray(0, place), put, file.subarray(place + cut)]);
          }
          const back = read(file);
          if (back === undefined) return;
          taken++;
          checkAgainstFile(file, back);
        },
      ),
      { seed: 1, numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(10);
  });

  test('a header of any JSON is rejected, or the arrays are where it says', () => {
    const size = fc.constantFrom<unknown>(0, 1, 2, 4, 8, -1, 0.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e308, '1', null, [], {
      valueOf: 1,
    });
    const entry = fc.oneof(
      fc.record(
        {
          dtype: fc.constantFrom<unknown>(
            'F32',
            'BF16',
            'toString',
            '__proto__',
            'F64',
            1,
            null,
            { toString: 1, valueOf: 1 },
            [[['F32']]],
          ),
          shape: fc.oneof(fc.array(size, { maxLength: 4 }), size),
          data_offsets: fc.oneof(fc.tuple(size, size), fc.array(size, { maxLength: 3 }), size),
        },
        { requiredKeys: [] },
      ),
      fc.jsonValue(),
    );
    const header = fc.oneof(fc.dictionary(names, entry, { maxKeys: 4 }), fc.jsonValue(), fc.string());
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 16 }), (value, body) => {
        const file = fileOf(typeof value === 'string' ? value : JSON.stringify(value), body);
        const back = read(file);
        if (back !== undefined) checkAgainstFile(file, back);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]) =>
    JSON.stringify({ dtype: 'F32', shape, data_offsets: [begin, end] });
  test.each([
    ['a header longer than any file', fileOf('{}', undefined, 2n ** 63n), 'does not fit'],
    ['a header of all bits', fileOf('{}', undefined, 2n ** 64n - 1n), 'does not fit'],
    ['a header as long as the file', fileOf('{}', undefined, 10n), 'does not fit'],
    ['no header', Buffer.alloc(7), 'shorter'],
    ['a header that is not UTF-8', fileOf('').fill(0xff, 8), 'not JSON'],
    ['arrays that overlap', fileOf(`{"a":${f32(0, 8)},"b":${f32(4, 12)}}`, Buffer.alloc(12)), 'begins at 4'],
    ['a hole', fileOf(`{"a":${f32(0, 4)},"b":${f32(8, 12)}}`, Buffer.alloc(12)), 'begins at 8'],
    ['one name twice', fileOf(`{"a":${f32(0, 4)},"a":${f32(4, 8)}}`, Buffer.alloc(8)), 'begins at 4'],
    ['offsets that run backwards', fileOf(`{"a":${f32(8, 4, [1])}}`, Buffer.alloc(8)), 'span -4'],
    [
      'a size beyond all whole numbers',
      fileOf(`{"a":${f32(0, 4, Array(40).fill(2 ** 40))}}`, Buffer.alloc(4)),
      'needs Infinity',
    ],
    ['more than there is', fileOf(`{"a":${f32(0, 2 ** 40)}}`, Buffer.alloc(4)), 'after the end'],
    [
      'a type that every object has',
      fileOf('{"a":{"dtype":"toString","shape":[],"data_offsets":[0,4]}}', Buffer.alloc(4)),
      'unknown type',
    ],
    ['a type that is not a string', fileOf('{"a":{"dtype":{"toString":1,"valueOf":1}}}'), 'has no type'],
    ['nesting without end', fileOf(`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`), 'has no type'],
  ])('%s is refused', (_, file, message) => {
    expect(() => decodeSafetensors(file)).toThrow(message);
    expect(read(file)).toBeUndefined();
  });

  test('a hundred thousand tensors without a number in them are read', () => {
    const header = Array.from(
      { length: 1e5 },
      (_, index) => `"${index}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
    );
    expect(decodeSafetensors(fileOf(`{${header.join(',')}}`))).toHaveLength(1e5);
  });
});
