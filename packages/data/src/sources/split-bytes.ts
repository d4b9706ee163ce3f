/** Divides a stream of bytes by a separator: lines, and documents of a long text file. */
import type { Bytes } from './bytes.js';

/** Bytes between two separators. */
export interface Part {
  /** Number of the part in its file, from 1; for JSON values the line on which one starts. */
  readonly place: number;
  /** Undefined if it is longer than the limit. */
  readonly content: Buffer | undefined;
}

/** What divides a text. */
export interface Separator {
  /** Start and end of the first separator from `from` on. */
  readonly find: (text: Buffer, from: number) => readonly [start: number, end: number] | undefined;
  /** Most bytes of a separator. */
  readonly longest: number;
}

/** The end of a line. A carriage return before it stays with the line. */
export const LINE_END: Separator = literalSeparator(Buffer.from('\n'));

function literalSeparator(bytes: Buffer): Separator {
  const find: Separator['find'] = (text, from) => {
    const start = text.indexOf(bytes, from);
    return start < 0 ? undefined : [start, start + bytes.length];
  };
  return { find, longest: bytes.length };
}

/** A delimiter as configured; its line ends also match CRLF. */
export function separatorOf(delimiter: string): Separator {
  const bytes = Buffer.from(delimiter);
  if (!delimiter.includes('\n')) return literalSeparator(bytes);
  // Latin-1 maps bytes to characters one to one.
  const escaped = bytes.toString('latin1').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(escaped.replace(/\r?\n/g, '\\r?\\n'), 'g');
  // One conversion for all separators of a chunk.
  let searched: Buffer | undefined;
  let characters = '';
  const find: Separator['find'] = (text, from) => {
    if (text !== searched) characters = text.toString('latin1');
    searched = text;
    pattern.lastIndex = from;
    const match = pattern.exec(characters);
    return match === null ? undefined : [match.index, match.index + match[0].length];
  };
  return { find, longest: bytes.length + delimiter.split('\n').length - 1 };
}

/** The parts of a stream, the one after the last separator included. Memory holds at most `limit` bytes and a chunk. */
export async function* splitBytes(bytes: Bytes, separator: Separator, limit: number): AsyncGenerator<Part> {
  const overlap = separator.longest - 1;
  let pending: Buffer = Buffer.alloc(0);
  let scanned = 0;
  let place = 1;
  let isLong = false;
  const part = (content: Buffer): Part => {
    const fits = !isLong && content.length <= limit;
    isLong = false;
    return { place: place++, content: fits ? content : undefined };
  };
  for await (const chunk of bytes) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let start = 0;
    for (let found = separator.find(pending, scanned); found; found = separator.find(pending, start)) {
      yield part(pending.subarray(start, found[0]));
      start = found[1];
    }
    pending = pending.subarray(start);
    if (pending.length > limit + overlap) {
      isLong = true;
      pending = pending.subarray(pending.length - overlap);
    }
    scanned = Math.max(0, pending.length - overlap);
  }
  yield part(pending);
}

/** Whether a part holds only white space, such as an empty line, or what follows the last delimiter. */
export function isBlank(content: Buffer): boolean {
  for (const byte of content) if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) return false;
  return true;
}
