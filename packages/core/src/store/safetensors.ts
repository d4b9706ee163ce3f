/** Hugging Face's safetensors: eight bytes of header length, a JSON header, raw little-endian arrays. */
import type { Tensor } from '../trainer/trainer.js';

const BYTES = { F32: 4, BF16: 2, I32: 4, U32: 4 } as const;

/** Headers beyond this are damage, not data (the reference implementation's bound). */
const LONGEST_HEADER = 100_000_000;

/** The chunks of a safetensors file, in order; arrays are not copied. */
export function encodeSafetensors(tensors: readonly Tensor[]): readonly Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const { name, dtype, shape, data } of tensors) {
    const size = shape.reduce((product, length) => product * length, BYTES[dtype]);
    if (size !== data.byteLength)
      throw new RangeError(
        `tensor ${name}: shape [${shape.join(', ')}] of ${dtype} needs ${size} bytes, got ${data.byteLength}`,
      );
    if (name in header) throw new RangeError(`tensor ${name} is there twice`);
    header[name] = { dtype, shape, data_offsets: [end, end + size] };
    end += size;
  }
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  // Padded with spaces, so that the arrays begin at a multiple of eight.
  const padded = Buffer.alloc(Math.ceil(text.byteLength / 8) * 8, ' ');
  padded.set(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  return [length, padded, ...tensors.map(({ data }) => data)];
}

/**
 * Reads a whole file. Throws a RangeError that says what is wrong when it is not a safetensors file, or when the arrays do
 * not lie in it side by side without holes.
 */
export function decodeSafetensors(file: Uint8Array): readonly Tensor[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < 8) throw new RangeError('shorter than its own header length');
  const length = Number(view.getBigUint64(0, true));
  if (length > LONGEST_HEADER || 8 + length > file.byteLength)
    throw new RangeError('the header does not fit into the file');
  const header = parseHeader(Buffer.from(file.buffer, file.byteOffset + 8, length).toString('utf8'));
  const body = 8 + length;
  let end = 0;
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  const tensors = entries.map(([name, entry]) => {
    const { dtype, shape, begin, stop } = checkEntry(name, entry);
    if (begin !== end)
      throw new RangeError(`tensor ${name} begins at ${begin}, not behind the one before it, at ${end}`);
    if (body + stop > file.byteLength) throw new RangeError(`tensor ${name} ends behind the end of the file`);
    end = stop;
    // A copy, because a typed array over it must begin at a multiple of its element size; Buffer's own slice makes none.
    return { name, dtype, shape, data: new Uint8Array(file.subarray(body + begin, body + stop)) };
  });
  if (body + end !== file.byteLength)
    throw new RangeError(`${file.byteLength - body - end} bytes lie behind the last tensor`);
  return tensors;
}

function parseHeader(text: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new RangeError('the header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new RangeError('the header is not a JSON object');
  return header as Record<string, unknown>;
}

function checkEntry(name: string, entry: unknown) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof dtype !== 'string' || !(dtype in BYTES))
    throw new RangeError(`tensor ${name} has the unknown type ${String(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(whole)) throw new RangeError(`tensor ${name} has no shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole))
    throw new RangeError(`tensor ${name} has no offsets`);
  const [begin, stop] = offsets as [number, number];
  const size = shape.reduce((product, length) => product * length, BYTES[dtype as Tensor['dtype']]);
  if (stop - begin !== size)
    throw new RangeError(`tensor ${name} needs ${size} bytes, its offsets span ${stop - begin}`);
  return { dtype: dtype as Tensor['dtype'], shape: shape, begin, stop };
}
