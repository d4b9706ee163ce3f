import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** Any value that JSON can represent. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A lower-case hexadecimal SHA-256 digest. */
export type Digest = string;

/** Deepest nesting of lists and objects in stored JSON. Recursive code would overflow the stack on deeper values. */
const MAX_DEPTH = 200;

/**
 * Parses the text of a stored file, which may be damaged or written by another program. Throws a SyntaxError, also when
 * lists and objects are nested too deeply.
 */
export function parseStored(text: string): unknown {
  const value: unknown = JSON.parse(text);
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : []));
    if (level.length === 0) return value;
  }
  throw new SyntaxError('lists and objects are nested too deeply');
}

/** Whether a value is a SHA-256 digest in lower-case hexadecimal. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** The SHA-256 of bytes or of a string as UTF-8. */
export function digestBytes(bytes: Uint8Array | string): Digest {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The SHA-256 of a value's canonical JSON (RFC 8785): equal values have equal digests, regardless of key order. */
export function digestJson(value: JsonValue): Digest {
  return digestBytes(canonicalJson(value));
}

/** RFC 8785 canonical JSON. Throws a TypeError for values that JSON cannot represent, such as NaN and infinities. */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value that JSON cannot represent has no canonical form');
  return text;
}
