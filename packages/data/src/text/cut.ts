const NEWLINE = 0x0a;

/**
 * Cuts a text into pieces of at most `limit` bytes: behind the last line end that fits, or inside a line that is
 * longer than the limit, between two characters. Returns [start, end) pairs that cover the text.
 */
export function cutAtLineEnds(text: Uint8Array, limit: number): [number, number][] {
  const pieces: [number, number][] = [];
  let start = 0;
  while (text.length - start > limit) {
    let end = text.lastIndexOf(NEWLINE, start + limit - 1) + 1;
    if (end <= start) {
      end = start + limit;
      while (end > start + 1 && isContinuation(text[end]!)) end--;
    }
    pieces.push([start, end]);
    start = end;
  }
  if (start < text.length) pieces.push([start, text.length]);
  return pieces;
}

/** A byte that continues a character of UTF-8 rather than starting one. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
