/** Hugging Face's safetensors format: 8 bytes of header length, a JSON header, raw little-endian arrays. */
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { Tensor } from '../trainer/trainer.js';

const BYTES = { F32: 4, BF16: 2, I32: 4, U32: 4 } as const;

/** Bytes of an element, for all types of the format. */
const ALL_BYTES: Readonly<Record<string, number>> = {
  ...BYTES,
  ...{ F64: 8, F16: 2, F8_E4M3: 1, F8_E5M2: 1, BOOL: 1 },
  ...{ I64: 8, U64: 8, I16: 2, U16: 2, I8: 1, U8: 1 },
};

/** An array in a safetensors file, without its values. */
export interface SafetensorsEntry {
  readonly name: string;
  /** `F32`, `BF16`, `F16`, ...; any type of the format. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its first byte in the file, and the byte after its last. */
  readonly begin: number;
  readonly end: number;
}

/** Maximum header size, as in the reference implementation; a larger value means damage. */
const MAX_HEADER_BYTES = 100_000_000;

/** The chunks of a safetensors file, in order. Arrays are not copied. */
export function encodeSafetensors(tensors: readonly Tensor[]): readonly Uint8Array[] {
  const header = encodeSafetensorsHeader(tensors);
  for (const { name, dtype, shape, data } of tensors) {
    const size = bytesOf({ dtype, shape });
    if (size !== data.byteLength)
      throw new RangeError(
        `tensor ${name}: shape [${shape.join(', ')}] of ${dtype} needs ${size} bytes, got ${data.byteLength}`,
      );
  }
  return [header, ...tensors.map(({ data }) => data)];
}

/** What comes before the arrays in a file of them, so that arrays can be written one after the other. */
export function encodeSafetensorsHeader(tensors: readonly Omit<Tensor, 'data'>[]): Uint8Array {
  // Not an object, which would reorder names such as 2 and lose __proto__.
  const header = new Map<string, object>([['__metadata__', { format: 'pt' }]]);
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    const size = bytesOf({ dtype, shape });
    if (header.has(name)) throw new RangeError(`tensor ${name} appears twice`);
    header.set(name, { dtype, shape, data_offsets: [end, end + size] });
    end += size;
  }
  const entries = [...header].map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  const text = Buffer.from(`{${entries.join(',')}}`, 'utf8');
  // Padded with spaces, so that arrays start at a multiple of 8 bytes.
  const padded = Math.ceil(text.byteLength / 8) * 8;
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded));
  bytes.set(text, 8);
  return bytes;
}

const bytesOf = ({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>): number =>
  shape.reduce((product, length) => product * length, BYTES[dtype]);

/**
 * Parses a whole file. Throws a RangeError that says what is wrong when it is not a valid safetensors file, or when its
 * arrays overlap or leave gaps.
 */
export function decodeSafetensors(file: Uint8Array): readonly Tensor[] {
  const length = headerBytes(file, file.byteLength);
  const entries = entriesOf(file.subarray(8, 8 + length), file.byteLength, BYTES);
  return entries.map(({ name, dtype, shape, begin, end }) => {
    // A copy, because a typed array must start at a multiple of its element size. Buffer's own `slice` does not copy.
    return { name, dtype: dtype as Tensor['dtype'], shape, data: new Uint8Array(file.subarray(begin, end)) };
  });
}

/**
 * The arrays of a file, in their order there, from its header alone. Throws a RangeError like `decodeSafetensors`, also
 * for a file that is cut short, and the error of the file system if the file cannot be read.
 */
export async function readSafetensorsHeader(path: string): Promise<readonly SafetensorsEntry[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = await file.read(Buffer.alloc(8), 0, 8, 0);
    const header = Buffer.alloc(headerBytes(start.buffer.subarray(0, start.bytesRead), size));
    await file.read(header, 0, header.byteLength, 8);
    return entriesOf(header, size, ALL_BYTES);
  } finally {
    await file.close();
  }
}

/** Length of the header, which the first 8 bytes of a file give. */
function headerBytes(start: Uint8Array, fileBytes: number): number {
  if (start.byteLength < 8) throw new RangeError('shorter than its own header length');
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > fileBytes)
    throw new RangeError('the header does not fit into the file');
  return length;
}

/** The arrays that a header describes, by position; they must fill the file. `sizes`: the types that are accepted. */
function entriesOf(
  bytes: Uint8Array,
  fileBytes: number,
  sizes: Readonly<Record<string, number>>,
): readonly SafetensorsEntry[] {
  const body = 8 + bytes.byteLength;
  let next = body;
  // Sorted by position in the file: an object does not preserve the order of all names.
  const entries = Object.entries(parseHeader(bytes))
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => checkEntry(name, entry, body, sizes))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, begin, end } of entries) {
    if (begin !== next)
      throw new RangeError(
        `tensor ${name} begins at ${begin - body}, not at ${next - body}, where the previous one ends`,
      );
    if (end > fileBytes) throw new RangeError(`tensor ${name} ends after the end of the file`);
    next = end;
  }
  if (next !== fileBytes) throw new RangeError(`${fileBytes - next} bytes follow the last tensor`);
  return entries;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = isUtf8(bytes) ? JSON.parse(Buffer.from(bytes).toString('utf8')) : undefined;
  } catch {
    // Reported below.
  }
  if (header === undefined) throw new RangeError('the header is not JSON');
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new RangeError('the header is not a JSON object');
  return header as Record<string, unknown>;
}

function checkEntry(
  name: string,
  entry: unknown,
  body: number,
  sizes: Readonly<Record<string, number>>,
): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const wrong = (message: string) => new RangeError(`tensor ${name.slice(0, 100)} ${message}`);
  if (typeof dtype !== 'string') throw wrong('has no type');
  if (!Object.hasOwn(sizes, dtype)) throw wrong(`has the unknown type ${dtype.slice(0, 20)}`);
  if (!Array.isArray(shape) || !shape.every(whole)) throw wrong('has no shape');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole)) throw wrong('has no offsets');
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product, length) => product * length, sizes[dtype]!);
  if (end - begin !== size) throw wrong(`needs ${size} bytes, its offsets span ${end - begin}`);
  return { name, dtype, shape, begin: body + begin, end: body + end };
}
