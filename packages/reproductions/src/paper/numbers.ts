/** Formatting of effects. */

/** Four decimals, without a minus sign for zero. */
export function figure(value: number): string {
  const text = value.toFixed(4);
  return Number(text) === 0 ? '0' : Number.isInteger(value) ? String(value) : text;
}
