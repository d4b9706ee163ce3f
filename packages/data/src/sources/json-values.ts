/** Divides a `.json` file into its values: the elements of a list, or objects one after another. */
import type { Bytes } from './bytes.js';
import type { Part } from './split-bytes.js';

const [QUOTE, BACKSLASH, COMMA, LINE_END] = [0x22, 0x5c, 0x2c, 0x0a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

const isSpace = (byte: number) => byte === 0x20 || byte === 0x09 || byte === LINE_END || byte === 0x0d;

/**
 * Yields the values of a `.json` file with the line on which each starts; whether they are JSON is for the reader to
 * check. Memory holds one value of at most `limit` bytes, and a chunk. Throws if a list has something else between its
 * elements than commas, or does not end.
 */
export async function* jsonValues(bytes: Bytes, limit: number): AsyncGenerator<Part> {
  const scan = new ValueScan(limit);
  for await (const chunk of bytes) yield* scan.read(chunk);
  yield* scan.end();
}

/** What may come next outside a value. */
type Expected = 'start' | 'value' | 'element' | 'comma' | 'nothing';

class ValueScan {
  readonly #limit: number;
  #expected: Expected = 'start';
  #line = 1;
  /** The value being read, if there is one. */
  #value: { readonly place: number; readonly parts: Buffer[]; length: number } | undefined;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  *read(chunk: Buffer): Generator<Part> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === LINE_END) this.#line++;
      if (this.#value === undefined) {
        if (this.#skip(byte)) continue;
        this.#value = { place: this.#line, parts: [], length: 0 };
        start = at;
      }
      if (!this.#isEnd(byte)) continue;
      const isBracket = byte === CLOSE_OBJECT || (byte === CLOSE_LIST && this.#depth >= 0);
      const end = isBracket ? at + 1 : at;
      this.#depth = 0;
      this.#keep(chunk.subarray(start, end));
      yield this.#finish();
      // A comma, bracket or space that ended a number or word is outside it.
      if (!isBracket) this.#skip(byte);
    }
    if (this.#value !== undefined) this.#keep(chunk.subarray(start));
  }

  *end(): Generator<Part> {
    if (this.#value !== undefined) yield this.#finish();
    else if (this.#expected === 'comma' || this.#expected === 'element')
      throw new Error(`its list does not end, in line ${this.#line}`);
  }

  /** Whether a byte between values is no part of a value. */
  #skip(byte: number): boolean {
    if (isSpace(byte)) return true;
    const expected = this.#expected;
    if (expected === 'start' && byte === OPEN_LIST) this.#expected = 'element';
    else if (expected === 'comma' && byte === COMMA) this.#expected = 'element';
    else if ((expected === 'comma' || expected === 'element') && byte === CLOSE_LIST) this.#expected = 'nothing';
    else {
      if (expected === 'start') this.#expected = 'value';
      if (expected === 'comma') throw new Error(`its list lacks a comma in line ${this.#line}`);
      if (expected === 'nothing') throw new Error(`its list is followed by more in line ${this.#line}`);
      return false;
    }
    return true;
  }

  /** Whether a byte ends the value: its last bracket, or what follows a number or word. */
  #isEnd(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) return --this.#depth <= 0;
    else return this.#depth === 0 && (byte === COMMA || isSpace(byte));
    return false;
  }

  #keep(part: Buffer): void {
    const value = this.#value!;
    value.length += part.length;
    if (value.length <= this.#limit) value.parts.push(part);
    else value.parts.length = 0;
  }

  #finish(): Part {
    const { place, parts, length } = this.#value!;
    this.#value = undefined;
    if (this.#expected === 'element') this.#expected = 'comma';
    return { place, content: length <= this.#limit ? Buffer.concat(parts) : undefined };
  }
}
