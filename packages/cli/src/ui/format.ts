/** Formatting of numbers and values. */

const UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y', 'R', 'Q'];

/** Three significant digits and a unit: `1.23M`. */
export function short(value: number): string {
  let [scaled, unit] = [Math.abs(value), 0];
  while (Number(scaled.toPrecision(3)) >= 1000 && unit < UNITS.length - 1) [scaled, unit] = [scaled / 1000, unit + 1];
  const digits = unit === 0 && Number.isInteger(scaled) ? String(scaled) : scaled.toPrecision(3);
  return `${value < 0 ? '-' : ''}${digits}${UNITS[unit]}`;
}

/** All digits, in groups of three. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `40 ms`, `1.4 s`, `42 s`, `3 min 20 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  const pad = (value: number) => String(value).padStart(2, '0');
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${pad(rounded % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** `42%`. */
export function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

/** A quantity with its unit: `12.0 MB`, `650 GFLOP`. */
export function quantity(value: number, unit: string): string {
  const [, number, prefix] = /^(.*?)([kMGTPEZYRQ]?)$/.exec(short(value))!;
  return `${number} ${prefix}${unit}`;
}

/** `one thing`, `2 things`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** A learning rate or other small number: `0.002`, `2.5e-5`. */
export function compact(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A value of a field or an option, on one line: `{ from: scratch }`. */
export function showValue(value: unknown): string {
  if (typeof value === 'number') return compact(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).filter(([, part]) => part !== undefined);
    return `{ ${parts.map(([key, part]) => `${key}: ${showValue(part)}`).join(', ')} }`;
  }
  return String(value);
}
