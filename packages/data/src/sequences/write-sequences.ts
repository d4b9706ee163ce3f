import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { CONTENT_BYTES } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Scoring } from '../config/scoring.js';
import type { Spool } from '../storage/spool.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import type { Manifest, StoredGroup } from './manifest.js';
import { Packer, type PackGroup, type PackStream, placedPieces } from './pack.js';
import { encodeTokens, FileWriter } from './store.js';

/** Progress of `prepareData`. */
export interface DataProgress {
  /**
   * Three are warnings: `damaged`, the cached corpus was damaged and is rebuilt; `skipped`, a source with `skip: 'bad'`
   * left out documents; `order`, versions arrive in an order that their names do not suggest.
   */
  readonly stage: 'find' | 'read' | 'sort' | 'pack' | 'verify' | 'damaged' | 'skipped' | 'order';
  readonly message: string;
  /** Completed part of `total`: bytes of files read, or sequences packed. */
  readonly done?: number;
  readonly total?: number;
}

/** Approximate shard size. */
const SHARD_BYTES = 64 * 2 ** 20;
/** Documents packed before yielding to the event loop: a few milliseconds. */
const YIELD_EVERY = 1024;

type Written = Pick<Manifest['content'], 'width' | 'sequencesPerShard' | 'groups' | 'shards' | 'contents' | 'scores'> &
  Pick<Manifest, 'documents'>;

/** Options of `writeSequences`. */
export interface Writing {
  readonly tokenizer: Tokenizer;
  readonly scoring: Scoring;
  readonly context: number;
  /** Names of the validation sets. */
  readonly sets: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DataProgress) => void;
}

/** Writes token shards, scores and `documents.jsonl` in one pass over the sorted pieces. */
export async function writeSequences(
  directory: string,
  streams: readonly PackStream[],
  catalog: DuckDBConnection,
  spool: Spool,
  { tokenizer, scoring, context, sets, signal, onProgress }: Writing,
): Promise<Written> {
  const width = tokenizer.vocabulary <= 65536 ? 2 : 4;
  const sequencesPerShard = Math.max(1, Math.floor(SHARD_BYTES / ((context + 1) * width)));
  const shards: Manifest['content']['shards'][number][] = [];
  const stored: StoredGroup[] = [];
  const scores = scoring.by !== 'nothing' ? new FileWriter(directory, 'scores.bin') : undefined;
  const contents = new FileWriter(directory, 'contents.bin');
  const documentList = new FileWriter(directory, 'documents.jsonl');
  const total = streams.flatMap(({ groups }) => groups).reduce((sum, { chosen }) => sum + chosen.length, 0);
  const streamKey = ({ split, version, domain }: Pick<PackGroup, 'split' | 'version' | 'domain'>) =>
    `${split} ${version} ${domain}`;
  const streamOf = new Map(
    streams.flatMap((stream) => stream.groups.map((group) => [streamKey(group), stream] as const)),
  );
  let shard: FileWriter | undefined;
  let next = 0;
  let seen = 0;
  let current: { readonly stream: PackStream; readonly packer: Packer; readonly message: string } | undefined;
  let group: PackGroup | undefined;
  for await (const piece of placedPieces(catalog, streams)) {
    const { split, domain, id, digest, score, tokens, bytes } = piece;
    const set = split === 'validation' ? sets[piece.version]! : undefined;
    const version = set === undefined ? piece.version + 1 : 0;
    documentList.write(
      Buffer.from(`${JSON.stringify({ id, digest, version, set, domain, split, score, tokens, bytes })}\n`),
    );
    const stream = streamOf.get(streamKey(piece))!;
    const isNew = current?.stream !== stream;
    if (current === undefined || isNew) {
      const domains = stream.groups.length === 1 ? domain : `${stream.groups.length} domains`;
      const from = set === undefined ? `${split} text of version ${version}` : `text of the validation set ${set}`;
      const message = `packing ${from}, ${domains}`;
      current = { stream, packer: new Packer(stream, spool, tokenizer, context), message };
    }
    if (isNew || ++seen % YIELD_EVERY === 0) {
      onProgress?.({ stage: 'pack', message: current.message, done: next, total });
      // Packing is mostly synchronous: let signals and timers run.
      await setImmediate(undefined, { signal });
    }
    for (const sequence of current.packer.add(piece)) {
      if (sequence.group !== group) {
        group = sequence.group;
        const { documents } = group;
        const place = { split, version, ...(set !== undefined && { set }), domain: group.domain };
        stored.push({ ...place, first: next, count: 0, bytes: 0, documents });
      }
      if (next % sequencesPerShard === 0) {
        if (shard) shards.push(shard.close());
        shard = new FileWriter(directory, `tokens-${String(next / sequencesPerShard).padStart(5, '0')}.bin`);
      }
      const encoded = encodeTokens(sequence.tokens, width);
      shard!.write(encoded);
      contents.write(createHash('sha256').update(encoded).digest().subarray(0, CONTENT_BYTES));
      scores?.write(float64(sequence.score));
      const last = stored.at(-1)! as { -readonly [K in keyof StoredGroup]: StoredGroup[K] };
      last.bytes += sequence.bytes;
      last.count++;
      next++;
    }
  }
  if (shard) shards.push(shard.close());
  onProgress?.({ stage: 'pack', message: `${total} sequences packed`, done: total, total });
  return {
    width,
    sequencesPerShard,
    groups: stored,
    shards,
    contents: contents.close(),
    scores: scores?.close() ?? null,
    documents: documentList.close(),
  };
}

function float64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}
