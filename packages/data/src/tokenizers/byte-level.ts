/**
 * Byte-pair encodings as a `tokenizer.json`. tiktoken merges the adjacent pair whose bytes together have the lowest
 * rank; the tokenizers library merges listed pairs in the order of the list. Both give the same tokens if the list has
 * one pair for each token, by rank: the two parts left when the token's own bytes are merged by all lower ranks. No
 * other pair can come before the token, because the bytes of a pair that is merged whole were merged like that alone.
 */
import { setImmediate } from 'node:timers/promises';

/** The characters that stand for the 256 bytes in the vocabulary of a byte-level tokenizer. */
export const SIGNS: readonly string[] = (() => {
  const isPrintable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
})();

/** Tokens converted before other events are handled. */
const YIELD_EVERY = 4096;

/**
 * The content of a `tokenizer.json`.
 *
 * @param tokens Bytes of every token, by rank; a rank may be missing.
 * @param pattern Regular expression of Oniguruma whose matches are encoded one by one.
 */
export async function byteLevelJson(tokens: readonly (Uint8Array | undefined)[], pattern: string): Promise<string> {
  const ranks = new Map<string, number>();
  for (const [rank, token] of tokens.entries())
    if (token) ranks.set(Array.from(token, (byte) => SIGNS[byte]!).join(''), rank);
  const merges: [string, string][] = [];
  let done = 0;
  for (const [token, rank] of ranks) {
    if (token.length > 1) {
      const cut = partsOf(token, rank, ranks);
      // Others are only found as a whole match.
      if (cut !== undefined) merges.push([token.slice(0, cut), token.slice(cut)]);
    }
    if (++done % YIELD_EVERY === 0) await setImmediate();
  }
  return JSON.stringify({
    version: '1.0',
    added_tokens: [],
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    model: { type: 'BPE', ignore_merges: true, vocab: Object.fromEntries(ranks), merges },
  });
}

/** Where the two parts of a token meet after all merges of lower ranks; undefined if more than two parts are left. */
function partsOf(token: string, rank: number, ranks: ReadonlyMap<string, number>): number | undefined {
  const starts = Array.from({ length: token.length + 1 }, (_, index) => index);
  const rankAt = (index: number) => ranks.get(token.slice(starts[index], starts[index + 2])) ?? rank;
  const pairs = Array.from({ length: token.length - 1 }, (_, index) => rankAt(index));
  while (pairs.length > 1) {
    let first = 0;
    for (let index = 1; index < pairs.length; index++) if (pairs[index]! < pairs[first]!) first = index;
    if (pairs[first]! >= rank) return undefined;
    starts.splice(first + 1, 1);
    pairs.splice(first, 1);
    if (first > 0) pairs[first - 1] = rankAt(first - 1);
    if (first < pairs.length) pairs[first] = rankAt(first);
  }
  return starts[1];
}
