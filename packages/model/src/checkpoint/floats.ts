/** Floats of checkpoints as float32. All conversions are exact, but float64 is rounded to the nearest. */

/** Types that can be read. */
export const READABLE: ReadonlySet<string> = new Set(['F32', 'BF16', 'F16', 'F64']);

/** Bytes of an element of a readable type. */
export const bytesOfFloat = (dtype: string): number => ({ F32: 4, F64: 8 })[dtype] ?? 2;

/** Little-endian values of a readable type as float32. `bytes` holds whole elements. */
export function toFloat32(bytes: Uint8Array, dtype: string): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytesOfFloat(dtype);
  const values = new Float32Array(bytes.byteLength / size);
  if (dtype === 'F32') new Uint8Array(values.buffer).set(bytes);
  else if (dtype === 'F64') for (let i = 0; i < values.length; i++) values[i] = view.getFloat64(i * size, true);
  else {
    // Through bits, so that a NaN keeps its payload.
    const bits = new Uint32Array(values.buffer);
    const widen = dtype === 'BF16' ? (half: number) => half << 16 : singleBits;
    for (let i = 0; i < bits.length; i++) bits[i] = widen(view.getUint16(i * size, true));
  }
  return values;
}

/** The bits of a float16 as those of a float32. */
function singleBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal number: its leading bit becomes the implicit one.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
