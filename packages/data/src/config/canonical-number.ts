/** The name of a number as an id, a domain or a version. */

/** Numbers with more digits are named with an exponent. */
const MOST_DIGITS = 40;

/** The one notation of a decimal number, exact to its last digit; undefined if the text is none. */
export function canonicalNumber(text: string): string | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,15}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const significant = `${whole}${fraction}`.replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  if (digits === '') return '0';
  const exponent = Number(power) - fraction.length + (significant.length - digits.length);
  const minus = sign === '-' ? '-' : '';
  if (exponent >= 0 && digits.length + exponent <= MOST_DIGITS) return `${minus}${digits}${'0'.repeat(exponent)}`;
  if (exponent >= 0 || exponent < -MOST_DIGITS) return `${minus}${digits}e${exponent}`;
  const padded = digits.padStart(1 - exponent, '0');
  return `${minus}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
