/** The fields of a document, each checked by its type: a value is read as what it is, or refused. */
import { isUtf8 } from 'node:buffer';
import { canonicalNumber } from '../config/canonical-number.js';

/** The fields of a document that a source can name. */
export const FIELD_NAMES = ['text', 'id', 'domain', 'version', 'score'] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

/** A value of a file, whatever its format. */
export type FieldValue =
  | { readonly is: 'nothing' }
  /** Text, or bytes that should be UTF-8. */
  | { readonly is: 'text'; readonly text: string | Uint8Array }
  /** A number in decimal notation. */
  | { readonly is: 'number'; readonly digits: string }
  /** A boolean, date, time or UUID in its usual notation. */
  | { readonly is: 'word'; readonly what: string; readonly text: string }
  /** What no field can be, e.g. `a list`; `at` names its place if that is not the field, but on the way to it. */
  | { readonly is: 'other'; readonly what: string; readonly at?: string };

/** The fields of a document. */
export interface FieldsRead {
  readonly text: Uint8Array;
  readonly id?: string;
  readonly domain?: string;
  readonly version?: string;
  readonly score?: number;
}

/** What a field has instead of what it needs, e.g. `a list`, as in `has a list in "text"`. */
export class Unfit {
  constructor(
    readonly what: string,
    /** Where, if not in the field itself. */
    readonly at?: string,
  ) {}
}

/** Text of a document in UTF-8. Text that UTF-8 cannot hold, numbers and lists are unfit. */
export function textIn(value: FieldValue): Uint8Array | Unfit {
  if (value.is !== 'text') return unfit(value);
  if (typeof value.text === 'string')
    return isWhole(value.text) ? Buffer.from(value.text, 'utf8') : new Unfit('half a surrogate pair');
  return isUtf8(value.text) ? value.text : new Unfit('bytes that are not UTF-8');
}

/**
 * Name of an id, a domain or a version; undefined if there is none. Equal numbers have one name however they are
 * written; text is never taken for a number.
 */
export function nameIn(value: FieldValue): string | undefined | Unfit {
  if (value.is === 'nothing') return undefined;
  if (value.is === 'word') return value.text;
  if (value.is === 'number') return canonicalNumber(value.digits) ?? new Unfit('no finite number');
  const text = textIn(value);
  return text instanceof Uint8Array ? Buffer.from(text).toString('utf8') : text;
}

/** A score: a number, or text in decimal notation. */
export function scoreIn(value: FieldValue): number | Unfit {
  if (value.is === 'nothing') return new Unfit('no number');
  const isText = value.is === 'text' && typeof value.text === 'string';
  if (!isText && value.is !== 'number') return unfit(value);
  const canonical = canonicalNumber(isText ? value.text.trim() : (value as { digits: string }).digits);
  if (canonical === undefined) return new Unfit('no number');
  return Number.isFinite(Number(canonical)) ? Number(canonical) : new Unfit('a number that is too large');
}

function unfit(value: FieldValue): Unfit {
  if (value.is === 'nothing') return new Unfit('nothing');
  if (value.is === 'number') return new Unfit('a number');
  if (value.is === 'text') return new Unfit('bytes');
  return new Unfit(value.what, value.is === 'other' ? value.at : undefined);
}

/** Whether no surrogate stands alone. */
function isWhole(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
