import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** Any value that survives a round trip through JSON. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A lower-case hexadecimal SHA-256 digest. */
export type Digest = string;

/** Lists and objects inside each other in anything that is stored. What recurses over more would use up the stack. */
const DEEPEST = 200;

/**
 * Parses the text of a stored file, which may be damaged or somebody else's. Throws a SyntaxError, also for endless
 * nesting.
 */
export function parseStored(text: string): unknown {
  const value: unknown = JSON.parse(text);
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : []));
    if (level.length === 0) return value;
  }
  throw new SyntaxError('lists and objects are nested too deeply');
}

/** Whether a value is a SHA-256 digest in lower-case hexadecimal. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** The SHA-256 of bytes or of a UTF-8 string. */
export function digestBytes(bytes: Uint8Array | string): Digest {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The SHA-256 of a value's canonical JSON (RFC 8785): two values that are equal give one digest, whatever
 * the order of their keys.
 */
export function digestJson(value: JsonValue): Digest {
  return digestBytes(canonicalJson(value));
}

/** RFC 8785 canonical JSON. Throws a TypeError for a value that JSON cannot hold, NaN and infinities included. */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value that JSON cannot hold has no canonical form');
  return text;
}
