/** The mark of the encoding at the start of a file. */
import type { Bytes } from './bytes.js';
import { WrongEncodingError } from './unreadable.js';

const MARK = Buffer.from('\uFEFF');

/**
 * Drops a U+FEFF at the very start of a file: there it is a mark of the encoding, anywhere else it is text. Throws a
 * WrongEncodingError if the text begins like UTF-16 or UTF-32.
 */
export async function* withoutMark(bytes: Bytes): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (start === undefined) {
      yield chunk;
      continue;
    }
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    if (start.length < MARK.length) continue;
    yield textAfterMark(start);
    start = undefined;
  }
  if (start !== undefined && start.length > 0) yield textAfterMark(start);
}

function textAfterMark(start: Buffer): Buffer {
  if (isWide(start)) throw new WrongEncodingError('in UTF-16 or UTF-32, not UTF-8');
  return start.subarray(0, MARK.length).equals(MARK) ? start.subarray(MARK.length) : start;
}

/** Whether a text begins like UTF-16 or UTF-32. */
export function isWide(start: Buffer): boolean {
  if (start.length < 2) return false;
  const first = start.readUInt16BE(0);
  // Without a mark, an ASCII character in two bytes has one that is zero.
  return first === 0xfffe || first === 0xfeff || (start[0] === 0) !== (start[1] === 0);
}
