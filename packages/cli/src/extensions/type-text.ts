/** Short texts for the types of options. */
import type { JsonSchema } from '@branchline/api/internal';
import { showValue } from '../ui/format.js';

/** A short text for a type: `number`, `a | b`, `list of number`. */
export function typeOf({ enum: values, const: value, anyOf, oneOf = anyOf, type, items }: JsonSchema): string {
  if (values !== undefined) return values.map(showValue).join(' | ');
  if (value !== undefined) return showValue(value);
  if (oneOf !== undefined) return oneOf.map(typeOf).join(' or ');
  if (type === 'array') return items === undefined ? 'list' : `list of ${typeOf(items)}`;
  return typeof type === 'string' ? type : (type?.join(' or ') ?? 'anything');
}

/** The bounds of a number, with a leading space; empty if there are none. */
export function rangeOf(schema: JsonSchema): string {
  const bound = (key: string) => (typeof schema[key] === 'number' ? Number(schema[key]) : undefined);
  const [from, above] = [bound('minimum'), bound('exclusiveMinimum')];
  // Zod bounds every integer by the range of safe integers.
  const [to, below] = [bound('maximum'), bound('exclusiveMaximum')].map((at) =>
    at !== undefined && Math.abs(at) < Number.MAX_SAFE_INTEGER ? at : undefined,
  );
  const low = from === undefined ? above !== undefined && `above ${above}` : `from ${from}`;
  const high = to === undefined ? below !== undefined && `${low === false ? '' : 'to '}below ${below}` : `to ${to}`;
  return [low, high].map((words) => (words === false ? '' : ` ${words}`)).join('');
}
