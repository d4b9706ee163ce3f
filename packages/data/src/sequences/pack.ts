import type { Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DataSettings } from '../config/schema.js';
import { some } from '../errors.js';
import { SPLITS } from '../splits/assign-splits.js';
import type { Split } from '../splits/split.js';
import { allRows, streamRows } from '../storage/duckdb.js';
import { byText } from '../storage/files.js';
import type { IntegerFiles } from '../storage/integers.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { accountFor } from './account.js';
import { apportion, spread } from './apportion.js';

/** The sequences of one split, version and domain. */
export interface PackGroup {
  readonly split: Split;
  /** From 0. In a validation set: the index of the set. */
  readonly version: number;
  readonly domain: string;
  /** Number of pieces. */
  readonly documents: number;
  /** Number of sequences that the pieces fill. */
  readonly available: number;
  /** Indices in the stream of the sequences to write, ascending. */
  readonly chosen: Uint32Array;
}

/** Domains of a split and version whose text is packed one after another, without a gap. */
export interface PackStream {
  readonly split: Split;
  /** From 0. In a validation set: the index of the set. */
  readonly version: number;
  /** In packing order; a domain without a sequence of its own can be among them. */
  readonly groups: readonly PackGroup[];
}

/**
 * Training text of a domain that fills fewer sequences is packed together with other such domains. Text that does not
 * fill the last sequence of a stream is lost, so with a stream for each of many small domains most text would be.
 */
const STREAM_OF_ITS_OWN: Readonly<Record<Split, number>> = { train: 32, 'held-out': 1, validation: 1 };

/** Decides which sequences of versions are written, in the order of their ids: training, then by version and stream. */
export async function planPacking(
  catalog: DuckDBConnection,
  names: readonly string[],
  settings: DataSettings,
  context: number,
  problems: Problem[],
): Promise<readonly PackStream[]> {
  const rows = await allRows<[number, number, string, number, number]>(
    catalog,
    'SELECT split, version, domain, count(*)::DOUBLE, sum(tokens)::DOUBLE FROM placed GROUP BY ALL',
  );
  const texts = rows.map(([split, version, domain, documents, tokens]) => ({
    ...{ split: SPLITS[split]!, version, domain, documents, tokens },
  }));
  const streams = ['train' as const, 'held-out' as const].flatMap((split) =>
    names.flatMap((_, version) => {
      const own = texts.filter((text) => text.split === split && text.version === version);
      return divideIntoStreams(
        own.sort((a, b) => byText(a.domain, b.domain)),
        context,
      );
    }),
  );
  const train = streams.flat().filter(({ split }) => split === 'train');
  const heldOut = streams.flat().filter(({ split }) => split === 'held-out');
  const filled = new Set(texts.map(({ version }) => version));
  const without = names.filter(
    (_, version) => filled.has(version) && !heldOut.some((group) => group.version === version && group.available > 0),
  );
  if (without.length > 0) problems.push(await nothingHeldOut(catalog, without, settings, context));
  const counts = new Map<Counted, number>();
  const sets = (settings.evaluation ?? []).map(({ name }) => name);
  const reasons = () => whereTextWent(catalog, sets);
  const capped = await capTraining(train, names, settings, context, problems, reasons);
  for (const [index, count] of capped.entries()) counts.set(train[index]!, count);
  for (const group of heldOut) counts.set(group, Math.min(group.available, settings.heldOut.sequences));
  return chooseSequences(streams, (group) => counts.get(group)!);
}

/** Streams with so many sequences of each group, evenly spaced. */
export function chooseSequences(
  streams: readonly (readonly Counted[])[],
  count: (group: Counted) => number,
): readonly PackStream[] {
  return streams.map((groups) => ({
    split: groups[0]!.split,
    version: groups[0]!.version,
    groups: groups.map((group) => {
      const { split, version, domain, documents, available, begin } = group;
      const chosen = spread(available, count(group)).map((index) => begin + index);
      return { split, version, domain, documents, available, chosen };
    }),
  }));
}

interface Text {
  readonly split: Split;
  readonly version: number;
  readonly domain: string;
  readonly documents: number;
  readonly tokens: number;
}

/** The text of a domain in its stream. */
interface Counted extends Text {
  /** Number of sequences that count for the domain. */
  readonly available: number;
  /** Index in the stream of the first of them. */
  readonly begin: number;
}

/** Large domains have a stream each, small ones share one. */
export function divideIntoStreams(texts: readonly Text[], context: number): readonly (readonly Counted[])[] {
  const isLarge = ({ split, tokens }: Text) => Math.floor((tokens - 1) / context) >= STREAM_OF_ITS_OWN[split];
  const small = texts.filter((text) => !isLarge(text));
  const streams = texts.filter(isLarge).map((text) => [text]);
  return [...streams, ...(small.length > 0 ? [small] : [])].map((stream) => countSequences(stream, context));
}

/** Divides the sequences of a stream among its domains: a sequence counts for the domain of its middle token. */
function countSequences(stream: readonly Text[], context: number): readonly Counted[] {
  const total = stream.reduce((sum, { tokens }) => sum + tokens, 0);
  const sequences = Math.max(0, Math.floor((total - 1) / context));
  const middle = 1 + Math.floor((context - 1) / 2);
  /** Number of sequences whose middle token is before a token. */
  const before = (token: number) => Math.min(sequences, Math.max(0, Math.ceil((token - middle) / context)));
  let tokens = 0;
  return stream.map((text, index) => {
    const begin = before(tokens);
    tokens += text.tokens;
    const end = index === stream.length - 1 ? sequences : before(tokens);
    return { ...text, available: end - begin, begin };
  });
}

/** The problem of versions that have text but no held-out sequence. */
async function nothingHeldOut(
  catalog: DuckDBConnection,
  without: readonly string[],
  settings: DataSettings,
  context: number,
): Promise<Problem> {
  const sql = 'SELECT count(DISTINCT document)::DOUBLE FROM placed JOIN pieces USING (piece)';
  const [[documents]] = (await allRows<[number]>(catalog, sql)) as [[number]];
  return {
    configPath: 'data.heldOut',
    message: `no held-out sequence of ${context} tokens for version ${some(without)} (share ${settings.heldOut.share}, ${documents} ${documents === 1 ? 'document' : 'documents'})`,
    remedy:
      'A document is held out as a whole, and at most half of those of a domain: add documents, split long ones ' +
      "into several, raise heldOut.share, or make the model's context shorter.",
  };
}

/** Continues the message that there is too little text: what was read, and the parts that cannot be trained on. */
async function whereTextWent(catalog: DuckDBConnection, sets: readonly string[]): Promise<string> {
  const { documents, read, duplicate, repeated, heldOut } = await accountFor(catalog, [], sets);
  const parts = [
    [duplicate, 'of duplicates of other documents, kept in the earliest version only'],
    [heldOut, 'held out'],
    [repeated, 'also held out'],
  ] as const;
  const named = parts.filter(([bytes]) => bytes > 0).map(([bytes, what]) => `${bytes} ${what}`);
  const total = `${documents} ${documents === 1 ? 'document' : 'documents'} of ${read} bytes`;
  return `; of ${total}${named.length > 0 ? `, ${named.join(', ')}` : ''}`;
}

/** Number of training sequences of each group: all, or `floor(tokens / context)` in total for each version. */
async function capTraining(
  groups: readonly Counted[],
  names: readonly string[],
  settings: DataSettings,
  context: number,
  problems: Problem[],
  reasons: () => Promise<string>,
): Promise<number[]> {
  const available = groups.map((group) => group.available);
  const perVersion = names.map((_, version) =>
    groups.reduce((sum, group) => sum + (group.version === version ? group.available : 0), 0),
  );
  const { tokens } = settings.versions;
  const wanted = tokens === undefined ? 1 : Math.floor(tokens / context);
  const short = names.flatMap((name, version) =>
    perVersion[version]! < wanted ? [`version ${name} has ${perVersion[version]! * context}`] : [],
  );
  if (tokens !== undefined && wanted === 0)
    problems.push({
      configPath: 'data.versions.tokens',
      message: `${tokens} tokens are fewer than one sequence of ${context}`,
      remedy: `Ask for at least ${context} tokens, or make the model's context shorter.`,
    });
  else if (short.length > 0)
    problems.push({
      configPath: tokens === undefined ? 'data.versions' : 'data.versions.tokens',
      message: `too little text for ${wanted * context} training tokens in each version: ${some(short, 10)}${await reasons()}`,
      remedy: `${
        tokens === undefined
          ? 'Add text, ask for fewer versions'
          : `Ask for at most ${Math.min(...perVersion) * context}`
      }, add sources (of a lock file, raise bytesPerDomain), or lower heldOut.`,
    });
  if (tokens === undefined || problems.length > 0) return available;

  const counts = available.map(() => 0);
  // Random versions get the same domain shares, up to one sequence.
  const pooled = (domain: string) =>
    groups.reduce((sum, group) => sum + (group.domain === domain ? group.available : 0), 0);
  for (let version = 0; version < names.length; version++) {
    const members = groups.map((_, index) => index).filter((index) => groups[index]!.version === version);
    const capacities = members.map((index) => available[index]!);
    const weights =
      settings.versions.by === 'random' ? members.map((index) => pooled(groups[index]!.domain)) : capacities;
    apportion(wanted, weights, capacities).forEach((count, position) => {
      counts[members[position]!] = count;
    });
  }
  return counts;
}

/** A packed sequence. `tokens` is reused for the next one. */
export interface PackedSequence {
  /** The domain that it counts for, with its split and version. */
  readonly group: PackGroup;
  readonly tokens: Uint32Array;
  /** Mean score of the predicted tokens. */
  readonly score: number;
  /** Bytes of text of the predicted tokens. */
  readonly bytes: number;
}

/** A piece with its split and version, as packed and as listed in the documents of a part. */
export interface Placed {
  readonly split: Split;
  /** From 0. In a validation set: the index of the set. */
  readonly version: number;
  readonly domain: string;
  readonly id: string;
  readonly digest: string;
  /** File of its tokens, and their offset there. */
  readonly entry: number;
  readonly offset: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly score: number | undefined;
}

/** Creates the view `ready`: all placed pieces, as they are packed. */
export async function createReady(catalog: DuckDBConnection): Promise<void> {
  const isNoisy = 'split = 0 AND noisy_start IS NOT NULL';
  await catalog.run(`
    CREATE VIEW ready AS
    SELECT split, placed.version, placed.domain, id, digest, bytes, source, entry, placed.tokens,
      CASE WHEN ${isNoisy} THEN noisy_start ELSE start END AS start,
      CASE WHEN ${isNoisy} THEN noise END AS noise,
      coalesce(CASE WHEN ${isNoisy} THEN noisy_score ELSE score END, field_score) AS score
    FROM placed JOIN pieces USING (piece)
    UNION ALL
    SELECT ${SPLITS.indexOf('validation')}, source, domain, id, digest, bytes, source, entry, tokens, start, NULL, NULL
    FROM validation_pieces`);
}

/** The order in which the pieces of a stream are packed. */
const PACKING_ORDER = 'coalesce(score, 0), digest, id, source, entry, start';

/**
 * Streams the pieces of some streams in packing order, sorted by score within a domain so that the text of a sequence
 * has similar scores. The database sorts, on disk if necessary.
 */
export async function* placedPieces(catalog: DuckDBConnection, streams: readonly PackStream[]): AsyncGenerator<Placed> {
  await catalog.run('CREATE TABLE packing (split UTINYINT, version USMALLINT, domain VARCHAR, place UINTEGER)');
  const appender = await catalog.createAppender('packing');
  for (const [place, { split, version, domain }] of streams.flatMap(({ groups }) => groups).entries()) {
    appender.appendUTinyInt(SPLITS.indexOf(split));
    appender.appendUSmallInt(version);
    appender.appendVarchar(domain);
    appender.appendUInteger(place);
    appender.endRow();
  }
  appender.closeSync();
  const sql = `
    SELECT split, version, domain, id, digest, bytes, entry, start, tokens, score
    FROM ready JOIN packing USING (split, version, domain)
    ORDER BY place, ${PACKING_ORDER}`;
  for await (const row of streamRows(catalog, sql)) {
    const [split, version, domain, id, digest, bytes, entry, offset, tokens, score] = row as [
      ...[number, number, string, string, string, number, number, number, number],
      number | null,
    ];
    const place = { split: SPLITS[split]!, version, domain };
    yield { ...place, id, digest, bytes, entry, offset, tokens, score: score ?? undefined };
  }
}

/**
 * Concatenates the pieces of a stream and cuts them into sequences of `context + 1` tokens with stride `context`: the
 * last token of a sequence is the first of the next, so that every token except the first is predicted once.
 */
export class Packer {
  readonly #files: IntegerFiles;
  readonly #tokenizer: Tokenizer;
  readonly #context: number;
  /** The groups with sequences that are not packed yet. */
  readonly #groups: PackGroup[];
  /** Sequences of the first of them that are packed. */
  #done = 0;
  readonly #tokens: Uint32Array;
  #filled = 0;
  #position = 0;
  #score = 0;
  #bytes = 0;

  constructor({ groups }: PackStream, files: IntegerFiles, tokenizer: Tokenizer, context: number) {
    this.#files = files;
    this.#tokenizer = tokenizer;
    this.#context = context;
    this.#groups = groups.filter(({ chosen }) => chosen.length > 0);
    this.#tokens = new Uint32Array(context + 1);
  }

  /** Adds the next piece and yields the sequences that it completes. */
  *add(piece: Placed): Generator<PackedSequence> {
    if (this.#groups.length === 0) return;
    const context = this.#context;
    const source = this.#files.read(piece.entry, piece.offset, piece.tokens);
    for (let start = 0; start < source.length; ) {
      const count = Math.min(source.length - start, context + 1 - this.#filled);
      // The first token of a sequence is not predicted: it counts neither for score nor for bytes.
      const predicted = this.#filled === 0 ? count - 1 : count;
      this.#tokens.set(source.subarray(start, start + count), this.#filled);
      this.#score += (piece.score ?? 0) * predicted;
      this.#bytes += this.#bytesOf(source, piece.bytes, start + count - predicted, start + count);
      start += count;
      this.#filled += count;
      if (this.#filled <= context) continue;
      const group = this.#groups[0]!;
      if (group.chosen[this.#done] === this.#position) {
        yield { group, tokens: this.#tokens, score: this.#score / context, bytes: this.#bytes };
        if (++this.#done === group.chosen.length) {
          this.#groups.shift();
          this.#done = 0;
          if (this.#groups.length === 0) return;
        }
      }
      this.#position++;
      this.#tokens[0] = this.#tokens[context]!;
      this.#filled = 1;
      this.#score = 0;
      this.#bytes = 0;
    }
  }

  /** Bytes of text of the tokens [from, to) of a piece. */
  #bytesOf(source: ArrayLike<number>, bytes: number, from: number, to: number): number {
    if (!this.#tokenizer.byteLength) {
      const before = (position: number) => spreadOver(source.length - 1, bytes, position);
      return before(to) - before(from);
    }
    let sum = 0;
    for (let i = from; i < to; i++) sum += this.#tokenizer.byteLength(source[i]!);
    return sum;
  }
}

/** Bytes before token `position` if `bytes` are spread evenly over `tokens`; the end-of-document token has none. */
function spreadOver(tokens: number, bytes: number, position: number): number {
  return tokens === 0 ? 0 : Math.floor((bytes * Math.min(position, tokens)) / tokens);
}
