const NEWLINE = 0x0a;

/**
 * Cuts a text into pieces of at most `limit` bytes, after the last line end that fits; a longer line is cut between two
 * characters. Returns [start, end) pairs that cover the text.
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

/** Whether a byte is a UTF-8 continuation byte. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
