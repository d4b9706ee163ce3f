/** Hugging Face's safetensors format: 8 bytes of header length, a JSON header, raw little-endian arrays. */
import { isUtf8 } from 'node:buffer';
import type { Tensor } from '../trainer/trainer.js';

const BYTES = { F32: 4, BF16: 2, I32: 4, U32: 4 } as const;

/** Maximum header size, as in the reference implementation; a larger value means damage. */
const MAX_HEADER_BYTES = 100_000_000;

/** The chunks of a safetensors file, in order. Arrays are not copied. */
export function encodeSafetensors(tensors: readonly Tensor[]): readonly Uint8Array[] {
  // Not an object, which would reorder names such as 2 and lose __proto__.
  const header = new Map<string, object>([['__metadata__', { format: 'pt' }]]);
  let end = 0;
  for (const { name, dtype, shape, data } of tensors) {
    const size = shape.reduce((product, length) => product * length, BYTES[dtype]);
    if (size !== data.byteLength)
      throw new RangeError(
        `tensor ${name}: shape [${shape.join(', ')}] of ${dtype} needs ${size} bytes, got ${data.byteLength}`,
      );
    if (header.has(name)) throw new RangeError(`tensor ${name} appears twice`);
    header.set(name, { dtype, shape, data_offsets: [end, end + size] });
    end += size;
  }
  const entries = [...header].map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  const text = Buffer.from(`{${entries.join(',')}}`, 'utf8');
  // Padded with spaces, so that arrays start at a multiple of 8 bytes.
  const padded = Buffer.alloc(Math.ceil(text.byteLength / 8) * 8, ' ');
  padded.set(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  return [length, padded, ...tensors.map(({ data }) => data)];
}

/**
 * Parses a whole file. Throws a RangeError that says what is wrong when it is not a valid safetensors file, or when its
 * arrays overlap or leave gaps.
 */
export function decodeSafetensors(file: Uint8Array): readonly Tensor[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < 8) throw new RangeError('shorter than its own header length');
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > file.byteLength)
    throw new RangeError('the header does not fit into the file');
  const header = parseHeader(Buffer.from(file.buffer, file.byteOffset + 8, length));
  const body = 8 + length;
  let end = 0;
  // Sorted by position in the file: an object does not preserve the order of all names.
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => checkEntry(name, entry))
    .sort((a, b) => a.begin - b.begin || a.stop - b.stop);
  const tensors = entries.map(({ name, dtype, shape, begin, stop }) => {
    if (begin !== end)
      throw new RangeError(`tensor ${name} begins at ${begin}, not at ${end}, where the previous one ends`);
    if (body + stop > file.byteLength) throw new RangeError(`tensor ${name} ends after the end of the file`);
    end = stop;
    // A copy, because a typed array must start at a multiple of its element size. Buffer's own `slice` does not copy.
    return { name, dtype, shape, data: new Uint8Array(file.subarray(body + begin, body + stop)) };
  });
  if (body + end !== file.byteLength)
    throw new RangeError(`${file.byteLength - body - end} bytes follow the last tensor`);
  return tensors;
}

function parseHeader(bytes: Buffer): Record<string, unknown> {
  let header: unknown;
  try {
    header = isUtf8(bytes) ? JSON.parse(bytes.toString('utf8')) : undefined;
  } catch {
    // Reported below.
  }
  if (header === undefined) throw new RangeError('the header is not JSON');
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new RangeError('the header is not a JSON object');
  return header as Record<string, unknown>;
}

function checkEntry(name: string, entry: unknown) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const wrong = (message: string) => new RangeError(`tensor ${name.slice(0, 100)} ${message}`);
  if (typeof dtype !== 'string') throw wrong('has no type');
  if (!Object.hasOwn(BYTES, dtype)) throw wrong(`has the unknown type ${dtype.slice(0, 20)}`);
  if (!Array.isArray(shape) || !shape.every(whole)) throw wrong('has no shape');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole)) throw wrong('has no offsets');
  const [begin, stop] = offsets as [number, number];
  const size = shape.reduce((product, length) => product * length, BYTES[dtype as Tensor['dtype']]);
  if (stop - begin !== size) throw wrong(`needs ${size} bytes, its offsets span ${stop - begin}`);
  return { name, dtype: dtype as Tensor['dtype'], shape, begin, stop };
}
