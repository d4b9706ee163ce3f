import { createHash } from 'node:crypto';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CONTENT_BYTES } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Split } from '../splits/split.js';
import { FileWriter } from '../storage/file-writer.js';
import { encodeIntegers, type IntegerFiles, widthOf } from '../storage/integers.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import type { Part, PartGroup, Shard } from './manifest.js';
import { type PackedSequence, Packer, type PackGroup, type PackStream, type Placed, placedPieces } from './pack.js';
import type { PlannedPart } from './parts.js';
import { publishShard, recordPart, type StoredPart } from './shards.js';

/** Progress of `prepareData`. */
export interface DataProgress {
  /**
   * Three are warnings: `damaged`, a part of the cache was damaged and is made again; `skipped`, a source with
   * `skip: 'bad'` left out documents; `order`, versions arrive in an order that their names do not suggest.
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

/** Options of `writeParts`. */
export interface Writing {
  readonly cacheDirectory: string;
  /** Temporary folder in the cache. */
  readonly temporary: string;
  readonly tokenizer: Tokenizer;
  readonly scored: boolean;
  readonly context: number;
  /** Names of the validation sets. */
  readonly sets: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DataProgress) => void;
}

/**
 * Packs parts in one pass over their sorted pieces. The shards of a part are published when they are full, and the part
 * is recorded when it is complete: what is recorded survives a crash, and is found by the next preparation.
 *
 * @param tokens The files of tokens, by the number of their entry.
 */
export async function writeParts(
  parts: readonly PlannedPart[],
  catalog: DuckDBConnection,
  tokens: IntegerFiles,
  options: Writing,
): Promise<readonly StoredPart[]> {
  if (parts.length === 0) return [];
  const { tokenizer, context, sets, signal, onProgress } = options;
  const streams = parts.flatMap((part) => part.streams);
  const total = streams.flatMap(({ groups }) => groups).reduce((sum, { chosen }) => sum + chosen.length, 0);
  const places = placesOf(parts);
  const stored: StoredPart[] = [];
  let done = 0;
  let seen = 0;
  let current: { readonly stream: PackStream; readonly packer: Packer; readonly message: string } | undefined;
  let writer: PartWriter | undefined;
  try {
    for await (const piece of placedPieces(catalog, streams)) {
      const { part, stream } = places.get(placeKey(piece))!;
      if (writer?.part !== part) {
        if (writer) stored.push(writer.close());
        writer = new PartWriter(part, options);
      }
      writer.list(piece);
      const isNew = current?.stream !== stream;
      if (current === undefined || isNew)
        current = {
          stream,
          packer: new Packer(stream, tokens, tokenizer, context),
          message: `packing ${nameOf(part, sets)}, ${stream.groups.length === 1 ? piece.domain : `${stream.groups.length} domains`}`,
        };
      if (isNew || ++seen % YIELD_EVERY === 0) {
        onProgress?.({ stage: 'pack', message: current.message, done, total });
        // Packing is mostly synchronous: let signals and timers run.
        await setImmediate(undefined, { signal });
      }
      for (const sequence of current.packer.add(piece)) {
        writer.add(sequence);
        done++;
      }
    }
    if (writer) stored.push(writer.close());
  } finally {
    writer?.abandon();
  }
  onProgress?.({ stage: 'pack', message: `${total} sequences packed`, done: total, total });
  return stored;
}

function nameOf({ split, version }: PlannedPart, sets: readonly string[]): string {
  return split === 'validation'
    ? `text of the validation set ${sets[version]!}`
    : `${split} text of version ${version + 1}`;
}

const placeKey = ({ split, version, domain }: { split: Split; version: number; domain: string }) =>
  `${split} ${version} ${domain}`;

/** The part and stream of each split, version and domain. */
function placesOf(parts: readonly PlannedPart[]) {
  return new Map(
    parts.flatMap((part) =>
      part.streams.flatMap((stream) => stream.groups.map((group) => [placeKey(group), { part, stream }] as const)),
    ),
  );
}

/** Writes the shards of a part. */
class PartWriter {
  readonly part: PlannedPart;
  readonly #options: Writing;
  readonly #sequencesPerShard: number;
  readonly #contents: FileWriter;
  readonly #scores: FileWriter | undefined;
  readonly #documents: FileWriter;
  #tokens: FileWriter | undefined;
  readonly #shards: Shard[] = [];
  readonly #groups: { -readonly [K in keyof PartGroup]: PartGroup[K] }[] = [];
  #group: PackGroup | undefined;
  #count = 0;

  constructor(part: PlannedPart, options: Writing) {
    const { tokenizer, context, scored } = options;
    this.part = part;
    this.#options = options;
    this.#sequencesPerShard = Math.max(1, Math.floor(SHARD_BYTES / ((context + 1) * widthOf(tokenizer.vocabulary))));
    this.#contents = this.#create('contents');
    this.#scores = scored ? this.#create('scores') : undefined;
    this.#documents = this.#create('documents');
  }

  #create(name: string): FileWriter {
    return new FileWriter(path.join(this.#options.temporary, name));
  }

  #publish(writer: FileWriter): Shard {
    return publishShard(this.#options.cacheDirectory, writer.path, writer.close());
  }

  /** Lists a piece among the documents of the part. */
  list({ split, version, domain, id, digest, score, tokens, bytes }: Placed): void {
    const set = split === 'validation' ? this.#options.sets[version]! : undefined;
    const place = { version: set === undefined ? version + 1 : 0, set, domain, split };
    this.#documents.write(Buffer.from(`${JSON.stringify({ id, digest, ...place, score, tokens, bytes })}\n`));
  }

  add(sequence: PackedSequence): void {
    if (sequence.group !== this.#group) {
      this.#group = sequence.group;
      const { domain, documents } = sequence.group;
      this.#groups.push({ domain, count: 0, bytes: 0, documents });
    }
    if (this.#count++ % this.#sequencesPerShard === 0) {
      if (this.#tokens) this.#shards.push(this.#publish(this.#tokens));
      this.#tokens = this.#create('tokens');
    }
    const encoded = encodeIntegers(sequence.tokens, widthOf(this.#options.tokenizer.vocabulary));
    this.#tokens!.write(encoded);
    this.#contents.write(createHash('sha256').update(encoded).digest().subarray(0, CONTENT_BYTES));
    this.#scores?.write(float64(sequence.score));
    const group = this.#groups.at(-1)!;
    group.bytes += sequence.bytes;
    group.count++;
  }

  /** Publishes the last shards and records the part. */
  close(): StoredPart {
    if (this.#tokens) this.#shards.push(this.#publish(this.#tokens));
    const stored: StoredPart = {
      groups: this.#groups,
      tokens: this.#shards,
      contents: this.#publish(this.#contents),
      scores: this.#scores ? this.#publish(this.#scores) : null,
      documents: this.#publish(this.#documents),
    };
    recordPart(this.#options.cacheDirectory, this.part.key, stored, this.#options.temporary);
    return stored;
  }

  /** Closes all files. */
  abandon(): void {
    for (const writer of [this.#tokens, this.#contents, this.#scores, this.#documents]) writer?.abandon();
  }
}

function float64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

/** A part as a manifest lists it. */
export function partOf(
  { split, version }: PlannedPart,
  { documents: _, ...stored }: StoredPart,
  sets: readonly string[],
): Part {
  return split === 'validation'
    ? { split, version: 0, set: sets[version]!, ...stored }
    : { split, version: version + 1, ...stored };
}
