import type { Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DataSettings } from '../config/schema.js';
import { some } from '../errors.js';
import { SPLITS } from '../splits/assign-splits.js';
import type { Split } from '../splits/split.js';
import { allRows, streamRows } from '../storage/duckdb.js';
import { byText } from '../storage/files.js';
import type { Spool } from '../storage/spool.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { apportion, spread } from './apportion.js';

/** The sequences of one split, version and domain. */
export interface PackGroup {
  readonly split: Split;
  /** From 0. */
  readonly version: number;
  readonly domain: string;
  /** Number of pieces. */
  readonly documents: number;
  /** Number of sequences that the pieces fill. */
  readonly available: number;
  /** Indices of the sequences to write, ascending. */
  readonly chosen: Uint32Array;
}

/** Decides which sequences are written, in the order of their ids: training first, then by version and domain. */
export async function planPacking(
  catalog: DuckDBConnection,
  names: readonly string[],
  settings: DataSettings,
  context: number,
  problems: Problem[],
): Promise<PackGroup[]> {
  const rows = await allRows<[number, number, string, number, number]>(
    catalog,
    'SELECT split, version, domain, count(*)::DOUBLE, sum(tokens)::DOUBLE FROM placed GROUP BY ALL',
  );
  const groups = rows.map(([split, version, domain, documents, tokens]) => ({
    ...{ split: SPLITS[split]!, version, domain, documents },
    available: Math.max(0, Math.floor((tokens - 1) / context)),
  }));
  groups.sort(
    (a, b) =>
      Number(a.split === 'held-out') - Number(b.split === 'held-out') ||
      a.version - b.version ||
      byText(a.domain, b.domain),
  );
  const train = groups.filter(({ split }) => split === 'train');
  const heldOut = groups.filter(({ split }) => split === 'held-out');
  const filled = new Set(groups.map(({ version }) => version));
  const without = names.filter(
    (_, version) => filled.has(version) && !heldOut.some((group) => group.version === version && group.available > 0),
  );
  if (without.length > 0) problems.push(await nothingHeldOut(catalog, without, settings, context));
  const counts = capTraining(train, names, settings, context, problems);
  return [
    ...train.map((group, index) => ({ ...group, chosen: spread(group.available, counts[index]!) })),
    ...heldOut.map((group) => ({
      ...group,
      chosen: spread(group.available, Math.min(group.available, settings.heldOut.sequences)),
    })),
  ].filter(({ chosen }) => chosen.length > 0);
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

type Counted = Omit<PackGroup, 'chosen'>;

/** Number of training sequences of each group: all, or `floor(tokens / context)` in total for each version. */
function capTraining(
  groups: readonly Counted[],
  names: readonly string[],
  settings: DataSettings,
  context: number,
  problems: Problem[],
): number[] {
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
      message: `too little text for ${wanted * context} training tokens in each version: ${some(short, 10)}`,
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
  readonly tokens: Uint32Array;
  /** Mean score of the predicted tokens. */
  readonly score: number;
  /** Bytes of text of the predicted tokens. */
  readonly bytes: number;
}

/** A piece with its split and version, as packed and as listed in `documents.jsonl`. */
export interface Placed {
  readonly split: Split;
  /** From 0. */
  readonly version: number;
  readonly domain: string;
  readonly id: string;
  readonly digest: string;
  readonly offset: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly score: number | undefined;
}

/**
 * Streams all placed pieces, group by group in the order of `planPacking`, sorted by score within a group so that the
 * text of a sequence has similar scores. The database sorts, on disk if necessary.
 */
export async function* placedPieces(catalog: DuckDBConnection): AsyncGenerator<Placed> {
  const domains = await allRows<[string]>(catalog, 'SELECT DISTINCT domain FROM pieces');
  await catalog.run('CREATE TABLE domains (domain VARCHAR, place UINTEGER)');
  const appender = await catalog.createAppender('domains');
  for (const [place, [domain]] of domains.sort(([a], [b]) => byText(a, b)).entries()) {
    appender.appendVarchar(domain);
    appender.appendUInteger(place);
    appender.endRow();
  }
  appender.closeSync();
  const isNoisy = 'split = 0 AND noisy_start IS NOT NULL';
  await catalog.run(`
    CREATE TABLE ready AS
    SELECT split, placed.version, placed.domain, id, digest, bytes, source, placed.tokens,
      CASE WHEN ${isNoisy} THEN noisy_start ELSE start END AS start,
      coalesce(CASE WHEN ${isNoisy} THEN noisy_score ELSE score END, field_score) AS score
    FROM placed JOIN pieces USING (piece)`);
  const sql = `
    SELECT split, version, domain, id, digest, bytes, start, tokens, score FROM ready JOIN domains USING (domain)
    ORDER BY split, version, place, coalesce(score, 0), digest, id, source, start`;
  for await (const row of streamRows(catalog, sql)) {
    const [split, version, domain, id, digest, bytes, offset, tokens, score] = row as [
      ...[number, number, string, string, string, number, number, number],
      number | null,
    ];
    yield { split: SPLITS[split]!, version, domain, id, digest, bytes, offset, tokens, score: score ?? undefined };
  }
}

/**
 * Concatenates the pieces of a group and cuts them into sequences of `context + 1` tokens with stride `context`: the
 * last token of a sequence is the first of the next, so that every token except the first is predicted once.
 */
export class Packer {
  readonly #spool: Spool;
  readonly #tokenizer: Tokenizer;
  readonly #context: number;
  readonly #chosen: Uint32Array;
  readonly #tokens: Uint32Array;
  #filled = 0;
  #position = 0;
  #next = 0;
  #score = 0;
  #bytes = 0;

  constructor({ chosen }: PackGroup, spool: Spool, tokenizer: Tokenizer, context: number) {
    this.#spool = spool;
    this.#tokenizer = tokenizer;
    this.#context = context;
    this.#chosen = chosen;
    this.#tokens = new Uint32Array(context + 1);
  }

  /** Adds the next piece and yields the sequences that it completes. */
  *add(piece: Placed): Generator<PackedSequence> {
    if (this.#next === this.#chosen.length) return;
    const context = this.#context;
    const source = this.#spool.read(piece.offset, piece.tokens);
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
      if (this.#chosen[this.#next] === this.#position) {
        this.#next++;
        yield { tokens: this.#tokens, score: this.#score / context, bytes: this.#bytes };
        if (this.#next === this.#chosen.length) return;
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
