/** Formats numbers for readers, with significant digits and units, independent of the locale. */

const minus = '−';
const nbsp = ' ';

/** At most `digits` significant digits, without a trailing `.0`. */
function significant(value: number, digits = 3): string {
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  const text = value.toFixed(Math.min(decimals, 12));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Exactly three significant digits, for a number below 1000. */
const fixed = (value: number): string =>
  value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Number(value.toPrecision(3))))));

/** Scales by powers of 1000. 999,950 becomes 1M instead of 1000k. */
function scaled(value: number, units: readonly string[], padded: boolean): { number: string; unit: string } {
  let power = 0;
  let rest = value;
  while (power < units.length - 1 && Number(significant(rest)) >= 1000) {
    rest /= 1000;
    power += 1;
  }
  const number = rest === 0 ? '0' : padded && power > 0 ? fixed(rest) : significant(rest);
  return { number, unit: units[power]! };
}

/** `819k`, `1.2M`: tokens, parameters, steps. `padded` keeps trailing zeros, to align columns. */
export function formatCount(value: number, padded = false): string {
  const { number, unit } = scaled(value, ['', 'k', 'M', 'B', 'T'], padded);
  return number + unit;
}

/** `4,112`: a count in full. */
export const formatInteger = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** `34 TFLOP`; `padded` as in {@link formatCount}. */
export function formatFlops(value: number, padded = false): string {
  const { number, unit } = scaled(value, ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'], padded);
  return `${number}${nbsp}${unit}FLOP`;
}

/** `0.42 s`, `41 s`, `2 min 05 s`, `3 h 07 min`, `2 d 04 h`. */
export function formatSeconds(value: number): string {
  if (value === 0) return `0${nbsp}s`;
  if (value < 99.5) return `${value < 0.001 ? '<0.001' : significant(value, value < 10 ? 2 : 3)}${nbsp}s`;
  const two = (part: number) => String(part).padStart(2, '0');
  const seconds = Math.round(value);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${nbsp}min${nbsp}${two(seconds % 60)}${nbsp}s`;
  const minutes = Math.round(value / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}${nbsp}h${nbsp}${two(minutes % 60)}${nbsp}min`;
  const hours = Math.round(value / 3600);
  return `${Math.floor(hours / 24)}${nbsp}d${nbsp}${two(hours % 24)}${nbsp}h`;
}

/** `640 J`, `1.8 kWh`. */
export function formatEnergy(joules: number): string {
  if (joules >= 3.6e5) return `${significant(joules / 3.6e6)}${nbsp}kWh`;
  const { number, unit } = scaled(joules, ['', 'k'], false);
  return `${number}${nbsp}${unit}J`;
}

/** `0.0032`, `12.5`, `4,112`: money with three significant digits. */
export function formatMoney(amount: number): string {
  return amount === 0 ? '0' : amount >= 1000 ? formatInteger(amount) : significant(amount);
}

/** `58%`, `58.3%`: one decimal unless it is zero. */
export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, '')}%`;
}

/** Nats per token or bits per byte, with three decimals. */
export const formatLoss = (value: number): string => value.toFixed(3).replace('-', minus);

/** A difference with its sign: `+0.014`, `−0.040`, `0.000`. */
export function formatDifference(value: number): string {
  const text = Math.abs(value).toFixed(3);
  return Number(text) === 0 ? text : `${value < 0 ? minus : '+'}${text}`;
}

/** A learning rate: `0.003`, `3e-5`. */
export function formatRate(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 1e-3
    ? significant(value)
    : value
        .toExponential(2)
        .replace(/\.?0+e/, 'e')
        .replace('-', minus);
}

/** The first 12 digits of a digest, enough to distinguish the checkpoints of one experiment. */
export const shortDigest = (digest: string): string => digest.slice(0, 12);

/** `2026-03-14 09:26 UTC`; text that is not a date is returned unchanged. */
export function formatDate(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * An upper estimate of the width of a text, in pixels at `size`. Text cannot be measured here, and an overestimate does
 * no harm.
 */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const { segment } of graphemes.segment(text)) {
    const code = segment.codePointAt(0)!;
    if (code >= 0x1100) ems += code >= 0x2000 && code < 0x2e80 ? 0.8 : 1.05;
    else if (/[mwMW@%]/.test(segment)) ems += 0.92;
    else if (/[ijl.,:;'|!I()[\] ]/.test(segment)) ems += 0.36;
    else if (/[A-Z]/.test(segment)) ems += 0.7;
    else ems += 0.6;
  }
  return ems * size;
}

/** Width factor of bold text. Multiply `size` by it for `textWidth` and `fitText`. */
export const bold = 1.22;

/** Truncates a text wider than `width` between graphemes and adds an ellipsis. */
export function fitText(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text;
  let fitted = '';
  for (const { segment } of graphemes.segment(text)) {
    if (textWidth(`${fitted}${segment}…`, size) > width) break;
    fitted += segment;
  }
  return `${fitted.trimEnd()}…`;
}
