/** Checkpoint folders for tests, as transformers writes them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue, Tensor } from '@branchline/core';
import { huggingFaceConfig, initialize, type ModelSpec, parameterTable } from '../src/index.js';

/** How a folder is written. */
export interface Written {
  /** Default `F32`. */
  readonly dtype?: 'F32' | 'BF16' | 'F16';
  /** Files of weights; default 1, without an index. */
  readonly shards?: number;
  /** Keys that replace those of `config.json`; undefined leaves one out. */
  readonly config?: Readonly<Record<string, JsonValue | undefined>>;
  /** Changes the arrays before they are written. */
  readonly arrays?: (arrays: Tensor[]) => Tensor[];
}

/** Writes a checkpoint with initial weights of seed 5 and returns them as they are stored, but in float32. */
export function writeCheckpoint(
  folder: string,
  spec: ModelSpec,
  { dtype = 'F32', shards = 1, config = {}, arrays = (all) => all }: Written = {},
): readonly Float32Array[] {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...huggingFaceConfig(spec, 0), ...config }));
  const table = parameterTable(spec);
  const values = initialize(spec, 5).map((array) => rounded(array, dtype));
  const all = arrays(
    table.map(({ name, shape }, index) => ({ name, dtype: 'F32', shape, data: bytesOf(values[index]!, dtype) })),
  );
  const names = Array.from({ length: shards }, (_, index) =>
    shards === 1 ? 'model.safetensors' : `model-0000${index + 1}-of-0000${shards}.safetensors`,
  );
  const map: Record<string, string> = {};
  for (const [index, file] of names.entries()) {
    const own = all.filter((_, at) => at % shards === index);
    for (const { name } of own) map[name] = file;
    writeFileSync(join(folder, file), encode(own, dtype));
  }
  if (shards > 1) writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  return values;
}

/** A safetensors file; the library of core writes no float16. */
function encode(tensors: readonly Tensor[], dtype: string): Buffer {
  const header: Record<string, object> = {};
  let end = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.byteLength));
  return Buffer.concat([length, text, ...tensors.map(({ data }) => data)]);
}

/** Values that a type holds exactly: float32 cut off after so many bits of the fraction. */
function rounded(values: Float32Array, dtype: string): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  const mask = { F32: 0xffffffff, BF16: 0xffff0000, F16: 0xffffe000 }[dtype]!;
  for (let i = 0; i < bits.length; i++) bits[i] = bits[i]! & mask;
  const cut = new Float32Array(bits.buffer);
  // Smaller numbers are subnormal in float16.
  return dtype === 'F16' ? cut.map((value) => (Math.abs(value) < 2 ** -14 ? 0 : value)) : cut;
}

function bytesOf(values: Float32Array<ArrayBuffer>, dtype: string): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer);
  const bits = new Uint32Array(values.buffer);
  const half = Uint16Array.from(bits, (single) => {
    if (dtype === 'BF16') return single >>> 16;
    const exponent = (single >>> 23) & 0xff;
    return exponent === 0 ? 0 : ((single >>> 16) & 0x8000) | ((exponent - 112) << 10) | ((single >>> 13) & 0x3ff);
  });
  return new Uint8Array(half.buffer);
}
