/** Data that is declared, not read: versions with a number of sequences and no text. */
import {
  CONTENT_BYTES,
  type DataProvider,
  digestBytes,
  digestJson,
  type MaterializedOrder,
  type OrderBy,
  RandomStream,
} from '@branchline/core';

/**
 * Versions with the given numbers of sequences of `context` tokens. Orders are permutations as of real text with a
 * random score, so paths share exactly the steps that they would share there; the text cannot be read.
 */
export function declaredData(sequences: readonly number[], context: number): DataProvider {
  const first = sequences.map((_, index) => sequences.slice(0, index).reduce((sum, count) => sum + count, 0));
  const arrange = (ids: Uint32Array, order: OrderBy, seed: number): MaterializedOrder => {
    // The score of a sequence is its place in a shuffle, so a sorted order is another shuffle. There is one domain.
    const kind = Object.fromEntries(Object.entries(order).filter(([key]) => key !== 'domains'));
    new RandomStream(seed, digestJson({ order: kind, ids: digestBytes(bytesOf(ids)) })).shuffle(ids);
    return { digest: digestBytes(bytesOf(ids)), ids };
  };
  const never = (): never => {
    throw new Error('declared data has no text');
  };
  return {
    digest: digestJson({ declared: sequences, context }),
    context,
    vocabulary: 1,
    versions: sequences.map((count, index) => ({
      ...{ index: index + 1, name: `v${index + 1}`, sequences: count, tokens: count * context },
    })),
    domains: ['text'],
    scored: true,
    order({ parts, order, seed }) {
      const taken = parts.map(({ version, sequences: wanted }) => {
        const count = sequences[version - 1]!;
        const some = Math.min(wanted ?? count, count);
        return Uint32Array.from({ length: some }, (_, at) => first[version - 1]! + Math.floor((at * count) / some));
      });
      const ids = new Uint32Array(taken.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const some of taken) {
        ids.set(some, at);
        at += some.length;
      }
      return arrange(ids, order, seed);
    },
    reorder: (ids, order, seed) => arrange(ids.slice(), order, seed),
    contentOf(ids) {
      const words = CONTENT_BYTES / 4;
      const contents = new Uint32Array(ids.length * words);
      for (let row = 0; row < ids.length; row++) contents[row * words] = ids[row]!;
      return new Uint8Array(contents.buffer);
    },
    ranks: (ids) => Float64Array.from(ids, rankOf),
    evaluationSets: () => [],
    read: never,
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** A rank that looks random: the fractional parts of the multiples of the golden ratio. */
const rankOf = (id: number): number => (id * 0.618_033_988_749_894_9) % 1;
