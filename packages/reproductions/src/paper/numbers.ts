/** How effects are written. */

/** Four digits behind the point, and no minus before nothing. */
export function figure(value: number): string {
  const text = value.toFixed(4);
  return Number(text) === 0 ? '0' : Number.isInteger(value) ? String(value) : text;
}
