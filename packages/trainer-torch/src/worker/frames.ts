/** Frames: four bytes of length, little-endian, then a JSON object in UTF-8. */

/** Most bytes of a frame, as in the worker. */
const LARGEST = 2 ** 28;

/** A message as a frame. */
export function encodeFrame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message), 'utf8');
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.byteLength);
  return Buffer.concat([head, body]);
}

/** Collects frames from pieces of a stream. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes that the next frame needs, its head included; 4 as long as the head is missing. */
  #needed = 4;

  /** The messages that the piece completes. Throws a RangeError if the stream holds no frames. */
  push(piece: Buffer): readonly unknown[] {
    this.#pieces.push(piece);
    this.#size += piece.byteLength;
    const messages: unknown[] = [];
    while (this.#size >= this.#needed) {
      const bytes = Buffer.concat(this.#pieces);
      this.#pieces = [bytes];
      const end = 4 + bytes.readUInt32LE(0);
      if (end > LARGEST) throw new RangeError('the worker wrote something other than messages');
      this.#needed = end;
      if (bytes.byteLength < end) continue;
      messages.push(parse(bytes.subarray(4, end)));
      this.#pieces = [bytes.subarray(end)];
      this.#size = bytes.byteLength - end;
      this.#needed = 4;
    }
    return messages;
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new RangeError('the worker wrote a message that is not JSON');
  }
}
