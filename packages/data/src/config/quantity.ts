const PATTERN = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/;

const FACTORS: Record<string, number> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  b: 1e9,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  tib: 2 ** 40,
};

/**
 * Reads a count of bytes or tokens: `1200`, `'400k'`, `'1.5M'`, `'600KB'` (1,000 bytes to the KB), `'64KiB'`
 * (1,024 bytes). `2B` is two bytes, or two billion tokens. Returns undefined for anything else, including values that
 * are not positive integers.
 */
export function parseQuantity(value: number | string, of: 'bytes' | 'tokens' = 'tokens'): number | undefined {
  let amount: number;
  if (typeof value === 'number') {
    amount = value;
  } else {
    const match = PATTERN.exec(value);
    if (match === null) return undefined;
    const unit = match[2]!.toLowerCase();
    const factor = of === 'bytes' && unit === 'b' ? 1 : FACTORS[unit];
    if (factor === undefined) return undefined;
    amount = Number(match[1]) * factor;
    // Undo binary rounding: 1.1 * 1e6 is not exactly 1100000.
    if (Math.abs(amount - Math.round(amount)) < 1e-6) amount = Math.round(amount);
  }
  return Number.isSafeInteger(amount) && amount > 0 ? amount : undefined;
}
