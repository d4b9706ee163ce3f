import { closeSync, openSync, readSync } from 'node:fs';
import { isWide } from './encoding-mark.js';

/** Bytes that decide. */
const LOOKED_AT = 8192;

/**
 * Whether a file begins like a binary one: with a zero byte, which is in no text. Text in UTF-16 or UTF-32 is text, in
 * another encoding.
 */
export function isBinary(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const start = Buffer.alloc(LOOKED_AT);
    const bytes = start.subarray(0, readSync(handle, start, 0, LOOKED_AT, 0));
    return bytes.includes(0) && !isWide(bytes);
  } finally {
    closeSync(handle);
  }
}
