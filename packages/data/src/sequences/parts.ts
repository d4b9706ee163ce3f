/** Divides what is packed into parts, and names each by everything that its sequences are made from. */
import { type Digest, digestJson, type JsonValue } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { SPLITS } from '../splits/assign-splits.js';
import type { Split } from '../splits/split.js';
import { allRows } from '../storage/duckdb.js';
import type { PackStream } from './pack.js';

/** Part of the keys of parts. Increment it when the same pieces give other sequences or files. */
const RULES = 1;

/** A part to pack, or to find in the cache. */
export interface PlannedPart {
  readonly key: Digest;
  readonly split: Split;
  /** From 0. In a validation set: the index of the set. */
  readonly version: number;
  readonly streams: readonly PackStream[];
}

/** What sequences depend on, apart from pieces and streams. */
export interface PartSettings {
  readonly tokenizer: string;
  readonly context: number;
  readonly scored: boolean;
  /** Names of the validation sets. */
  readonly sets: readonly string[];
}

/**
 * The parts of streams, in their order. Pieces are named by a sum of digests, one per piece (the AdHash of Bellare and
 * Micciancio, 1997, in four words of 64 bits): it does not depend on their order, so nothing is sorted for it.
 */
export async function planParts(
  catalog: DuckDBConnection,
  streams: readonly PackStream[],
  { tokenizer, context, scored, sets }: PartSettings,
): Promise<readonly PlannedPart[]> {
  const pieces = await digestPieces(catalog);
  const parts: { readonly split: Split; readonly version: number; readonly streams: PackStream[] }[] = [];
  for (const stream of streams) {
    const { split, version } = stream;
    const last = parts.at(-1);
    if (last?.split === split && last.version === version) last.streams.push(stream);
    else parts.push({ split, version, streams: [stream] });
  }
  return parts.map((part) => {
    const { split, version } = part;
    const place = split === 'validation' ? { set: sets[version]! } : { version };
    const groups = part.streams.map((stream) =>
      stream.groups.map(({ domain, documents, available, chosen }) => ({
        ...{ domain, documents, available },
        // These determine the rest: chosen sequences are evenly spaced.
        ...{ first: chosen[0] ?? null, count: chosen.length },
      })),
    );
    const content = { rules: RULES, tokenizer, context, scored, split, ...place, groups };
    const key = digestJson({ ...content, pieces: pieces.get(`${split} ${version}`)! } as unknown as JsonValue);
    return { ...part, key };
  });
}

/** The number of pieces and the sums of their digests, by split and version. */
async function digestPieces(catalog: DuckDBConnection): Promise<ReadonlyMap<string, readonly string[]>> {
  const words = ['domain', 'id'].map((text) => `length(${text}) || ' ' || ${text}`);
  const others = ['digest', 'noise', 'source', 'bytes', 'tokens', 'score'].map(
    (one) => `coalesce(${one}::VARCHAR, '')`,
  );
  const sums = [1, 17, 33, 49].map((from) => `sum(('0x' || substr(hash, ${from}, 16))::UBIGINT)::VARCHAR`);
  const rows = await allRows<[number, number, ...string[]]>(
    catalog,
    `SELECT split, version, count(*)::VARCHAR, ${sums.join(', ')} FROM (
       SELECT split, version, sha256(${[...words, ...others].join(` || ' ' || `)}) AS hash FROM ready
     ) GROUP BY split, version`,
  );
  return new Map(rows.map(([split, version, ...digests]) => [`${SPLITS[split]!} ${version}`, digests]));
}
