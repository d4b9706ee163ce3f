/** A synthetic corpus for runs without texts, tokenizers or files. */
import {
  CONTENT_BYTES,
  type DataProvider,
  digestBytes,
  digestJson,
  type MaterializedOrder,
  type OrderBy,
  type OrderRequest,
  RandomStream,
} from '@branchline/core';

/** Options of a synthetic corpus. */
export interface SyntheticDataOptions {
  /** Training sequences per version. Default: four versions of 40. */
  readonly versions?: readonly number[];
  /** Number of domains. Sequences of a version alternate between them. Default 1. */
  readonly domains?: number;
  /** Whether sequences have scores. Default true. */
  readonly scored?: boolean;
  /** Tokens per sequence. Default 8. */
  readonly context?: number;
  /** Number of distinct tokens. Default 16. */
  readonly vocabulary?: number;
}

/** First held-out id, far above all training ids. */
const HELD_OUT = 1_000_000;

/** Knuth's multiplicative hash. The factor is odd, so different ids get different scores, unrelated to their order. */
const scoreOf = (id: number): number => Math.imul(id, 2_654_435_761) >>> 0;

/**
 * Synthetic data. Sequence ids count from 0 over all versions. Score, domain and tokens are pure functions of the id,
 * so equal options give identical corpora, and equal requests give equal orders. The tokens of a sequence repeat with a
 * short period, so that a small model can learn them.
 */
export function syntheticData(options: SyntheticDataOptions = {}): DataProvider {
  const {
    versions: sizes = [40, 40, 40, 40],
    domains: count = 1,
    scored = true,
    context = 8,
    vocabulary = 16,
  } = options;
  const versions = sizes.map((sequences, index) => ({
    index: index + 1,
    name: `v${index + 1}`,
    sequences,
    tokens: sequences * context,
  }));
  const domains = Array.from({ length: count }, (_, index) => `domain-${index + 1}`);
  const firstOf = (version: number) => sizes.slice(0, version - 1).reduce((sum, size) => sum + size, 0);
  const ranks = new Map<number, number>();
  for (const [index, size] of sizes.entries()) {
    const own = Array.from({ length: size }, (_, at) => firstOf(index + 1) + at);
    own.sort((a, b) => scoreOf(a) - scoreOf(b) || a - b);
    for (const [rank, id] of own.entries()) ranks.set(id, size === 1 ? 1 : rank / (size - 1));
  }
  return {
    digest: digestJson({ sizes: [...sizes], count, scored, context, vocabulary }),
    versions,
    domains,
    scored,
    context,
    vocabulary,
    read(ids) {
      const tokens = new Int32Array(ids.length * (context + 1));
      for (const [row, id] of ids.entries()) {
        const period = 2 + (scoreOf(id) % 5);
        for (let place = 0; place <= context; place++) {
          tokens[row * (context + 1) + place] = (id + 3 * (place % period)) % vocabulary;
        }
      }
      return tokens;
    },
    order({ parts, order, seed }: OrderRequest) {
      const ids = parts.flatMap(({ version, sequences = sizes[version - 1]! }) =>
        Array.from({ length: sequences }, (_, index) => firstOf(version) + index),
      );
      return arrange(Uint32Array.from(ids), order, seed);
    },
    reorder: arrange,
    ...(scored && { ranks: (ids: Uint32Array) => Float64Array.from(ids, (id) => ranks.get(id)!) }),
    contentOf: contentOfIds,
    evaluationSets: () =>
      versions.map(({ index }) => ({
        digest: digestJson({ heldOut: index, count, context, vocabulary }),
        parts: domains.map((domain, place) => ({
          version: index,
          domain,
          sequences: Uint32Array.of(HELD_OUT + index * count + place),
          bytes: 4 * context,
        })),
      })),
  };
}

/** Content digests of sequences whose tokens are a function of the id: the id itself. */
export function contentOfIds(ids: Uint32Array): Uint8Array {
  const contents = new Uint32Array(ids.length * (CONTENT_BYTES / 4));
  for (const [row, id] of ids.entries()) contents[row * (CONTENT_BYTES / 4)] = id;
  return new Uint8Array(contents.buffer);
}

/**
 * Orders ids. The result does not depend on the order in which they are given. All domains are ranked together,
 * whatever the order asks for: scores have the same distribution in each.
 */
function arrange(ids: Uint32Array, order: OrderBy, seed: number): MaterializedOrder {
  const all = arrangeIds(ids, order, seed);
  return { digest: digestBytes(new Uint8Array(all.buffer)), ids: all };
}

function arrangeIds(ids: Uint32Array, order: OrderBy, seed: number): Uint32Array {
  const sorted = Uint32Array.from(ids).sort((a, b) => scoreOf(a) - scoreOf(b) || a - b);
  if (order.by === 'finish') {
    const best = sorted.slice(sorted.length - Math.round(order.best * sorted.length));
    const last = new Set(best);
    const others = arrangeIds(ids, { by: 'shuffled' }, seed).filter((id) => !last.has(id));
    return Uint32Array.from([...others, ...best]);
  }
  const random = new RandomStream(seed, order.by);
  const arranged = stagesOf(sorted, order).map((stage) => {
    if (order.by === 'shuffled' || order.by === 'interleaved') return random.shuffle(stage);
    return order.by === 'descending' || ('direction' in order && order.direction === 'descending')
      ? stage.reverse()
      : stage;
  });
  return Uint32Array.from(arranged.flatMap((stage) => [...stage]));
}

/** Splits sorted ids into the stages of an order. */
function stagesOf(sorted: Uint32Array, order: OrderBy): Uint32Array[] {
  switch (order.by) {
    case 'folded':
      return Array.from({ length: order.folds }, (_, fold) =>
        sorted.filter((_id, rank) => rank % order.folds === fold),
      );
    case 'interleaved': {
      const edge = (bucket: number) => Math.floor((bucket * sorted.length) / order.buckets);
      const buckets = Array.from({ length: order.buckets }, (_, bucket) =>
        sorted.slice(edge(bucket), edge(bucket + 1)),
      );
      return order.direction === 'descending' ? buckets.reverse() : buckets;
    }
    default:
      return [sorted];
  }
}
