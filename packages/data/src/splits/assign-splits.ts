/** Decides for every piece whether it is held out and which version it belongs to. */
import { type Digest, digestBytes } from '@branchline/core';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { DataSettings } from '../config/schema.js';
import { allRows, quote, streamRows } from '../storage/duckdb.js';
import { byText } from '../storage/files.js';
import type { NearDuplicates } from '../text/near-duplicates.js';
import type { Split, Versioning } from './split.js';

/** At most this many times the evaluated tokens are held out; more would only be lost for training. */
const HELD_OUT_RESERVE = 8;

/** Splits by their number in the table `placed`. */
export const SPLITS: readonly Split[] = ['train', 'held-out'];

/** SQL condition: pieces of documents that are not duplicates. */
const KEPT = 'document NOT IN (SELECT document FROM dropped)';

/** SQL: a digest as two integers, which sort like the text and need less memory. */
const narrow = (digest: string) =>
  `('0x' || substr(${digest}, 1, 16))::UBIGINT, ('0x' || substr(${digest}, 17, 16))::UBIGINT`;

/**
 * Writes the table `placed` (piece, split, version, domain, tokens) with every piece that is not a duplicate. Documents
 * are held out as a whole, chosen by a digest of text and seed, so reading order does not matter and no part of a
 * held-out document is trained on in any version. Training pieces with the same text as a held-out piece, such as the
 * common beginning of two releases of a document, are dropped.
 *
 * Each query sorts or joins once, which bounds memory for any number of documents.
 *
 * @param writer A second connection: writing on the connection that streams rows would end the stream.
 */
export async function assignSplits(
  catalog: DuckDBConnection,
  writer: DuckDBConnection,
  { names, arrival }: Versioning,
  settings: DataSettings,
  context: number,
  near?: NearDuplicates,
): Promise<void> {
  const count = arrival === undefined ? names.length : 1;
  const position = `(${arrival ?? '0'})::USMALLINT`;
  const rank = (purpose: string, digest: string) => `sha256(${quote(`${settings.seed}\n${purpose}\n`)} || ${digest})`;
  const documents = { position, rank: rank('held-out', 'text') };
  await catalog.run('CREATE TABLE dropped (document UINTEGER)');
  if (settings.deduplicate !== 'none') await dropDuplicates(catalog, 'text', 'pieces', position);
  if (near) {
    await near.findFamilies(catalog, writer, `SELECT document, text FROM pieces WHERE part = 0 AND ${KEPT}`);
    await dropDuplicates(catalog, 'family', 'pieces JOIN alike USING (document)', position);
  }

  await catalog.run(
    'CREATE TABLE placed (piece UINTEGER, split UTINYINT, version USMALLINT, domain VARCHAR, tokens UINTEGER)',
  );
  await catalog.run('CREATE TABLE held_out (document UINTEGER)');
  const placed = await writer.createAppender('placed');
  const heldOut = await writer.createAppender('held_out');
  for (const group of await groupsOf(catalog, position)) {
    const candidates = candidatesOf(catalog, group, documents, count, settings, context);
    const deal = (pieces: readonly Owned[]) =>
      arrival === undefined ? dealHeldOut(pieces, count, settings.seed) : pieces.map(() => group.arrival);
    const kept = await chooseHeldOut(candidates, group, count, settings.heldOut, context, (pieces, need) =>
      eachHas(pieces, deal(pieces), arrival === undefined ? 0 : group.arrival, count, need),
    );
    const pieces = kept.flatMap((document) => document.pieces);
    const versions = deal(pieces);
    for (const { document } of kept) {
      heldOut.appendUInteger(document);
      heldOut.endRow();
    }
    for (const [index, piece] of pieces.entries())
      append(placed, { ...piece, domain: group.domain }, 1, versions[index]!);
  }
  heldOut.closeSync();

  const shared = settings.deduplicate === 'none' ? '' : 'AND digest NOT IN (SELECT digest FROM held_out_pieces)';
  await catalog.run(`
    CREATE TABLE held_out_pieces AS SELECT DISTINCT digest FROM pieces WHERE document IN (SELECT document FROM held_out)`);
  const train = `FROM pieces WHERE ${KEPT} AND document NOT IN (SELECT document FROM held_out) ${shared}`;
  if (arrival === undefined) {
    const chance = [rank('version train', 'digest'), documents.rank].map(narrow).join(', ');
    await dealTraining(catalog, train, count, chance, placed);
  }
  placed.closeSync();
  if (arrival !== undefined)
    await catalog.run(
      `INSERT INTO placed SELECT piece, 0, ${position}, domain, coalesce(noisy_tokens, tokens) ${train}`,
    );
}

type Dealt = Pick<Owned, 'piece' | 'tokens'> & { readonly domain: string };

function append(placed: DuckDBAppender, { piece, domain, tokens }: Dealt, split: number, version: number): void {
  placed.appendUInteger(piece);
  placed.appendUTinyInt(split);
  placed.appendUSmallInt(version);
  placed.appendVarchar(domain);
  placed.appendUInteger(tokens);
  placed.endRow();
}

/**
 * Adds duplicates to the table `dropped`: of the documents with the same value in `column`, all except the one in the
 * earliest version (ties: first by source, domain, id and text).
 */
async function dropDuplicates(
  catalog: DuckDBConnection,
  column: 'text' | 'family',
  table: string,
  position: string,
): Promise<void> {
  const documents = `FROM ${table} WHERE part = 0 AND ${KEPT}`;
  const repeated = `repeated_${column}`;
  await catalog.run(`CREATE TABLE ${repeated} AS SELECT ${column} ${documents} GROUP BY ${column} HAVING count(*) > 1`);
  await catalog.run(`
    INSERT INTO dropped SELECT document FROM (
      SELECT document, row_number() OVER (
        PARTITION BY ${column}
        ORDER BY ${position}, source, domain, id, coalesce(version, ''), coalesce(field_score, 0), text, document
      ) AS place
      ${documents} AND ${column} IN (SELECT ${column} FROM ${repeated})
    ) WHERE place > 1`);
}

/** Documents of one domain and, unless versions are dealt at random, one version. */
interface Group {
  readonly arrival: number;
  readonly domain: string;
  readonly documents: number;
  /** Tokens of the clean text. */
  readonly tokens: number;
}

async function groupsOf(catalog: DuckDBConnection, position: string): Promise<Group[]> {
  const rows = await allRows<[number, string, number, number]>(
    catalog,
    `SELECT ${position} AS arrival, domain, (count(*) FILTER (WHERE part = 0))::DOUBLE, sum(tokens)::DOUBLE
     FROM pieces WHERE ${KEPT} GROUP BY arrival, domain`,
  );
  return rows.map(([arrival, domain, documents, tokens]) => ({ arrival, domain, documents, tokens }));
}

interface Owned {
  readonly piece: number;
  readonly digest: Digest;
  readonly tokens: number;
}

interface Candidate {
  readonly document: number;
  readonly pieces: readonly Owned[];
}

/** Yields the documents of a group in the order in which they are held out, up to the largest possible number. */
async function* candidatesOf(
  catalog: DuckDBConnection,
  { arrival, domain, documents }: Group,
  { position, rank }: { readonly position: string; readonly rank: string },
  count: number,
  { heldOut }: DataSettings,
  context: number,
): AsyncGenerator<Candidate> {
  // At most half of the documents of a group are held out.
  const limit = Math.min(Math.floor(documents / 2), HELD_OUT_RESERVE * count * heldOut.sequences * context);
  const rows = streamRows(
    catalog,
    `SELECT document, piece, digest, tokens FROM (
       SELECT document, ${rank} AS rank, source, id FROM pieces
       WHERE part = 0 AND ${position} = ? AND domain = ? AND ${KEPT}
       ORDER BY rank, source, id, document LIMIT ${limit}
     ) AS first JOIN pieces USING (document) ORDER BY rank, first.source, first.id, document, part`,
    [arrival, domain],
  );
  let current: { document: number; pieces: Owned[] } | undefined;
  for await (const row of rows) {
    const [document, piece, digest, tokens] = row as [number, number, string, number];
    if (current && current.document !== document) yield current;
    if (current?.document !== document) current = { document, pieces: [] };
    current.pieces.push({ piece, digest, tokens });
  }
  if (current) yield current;
}

/** Takes candidates in order until the held-out text of a group suffices for `count` versions. */
async function chooseHeldOut(
  candidates: AsyncIterable<Candidate>,
  group: Group,
  count: number,
  { share, sequences }: DataSettings['heldOut'],
  context: number,
  isEnough: (heldOut: readonly Owned[], need: number) => boolean,
): Promise<Candidate[]> {
  const target = Math.round(group.documents * share);
  // The share applies to tokens too: a few short documents would be too little text to evaluate on.
  const text = group.tokens * share;
  const need = Math.max(context + 1, Math.min(sequences * context + 1, Math.floor(text / count)));
  const limit = HELD_OUT_RESERVE * count * sequences * context;
  const taken: Candidate[] = [];
  const heldOut: Owned[] = [];
  let tokens = 0;
  for await (const candidate of candidates) {
    if (tokens >= limit || (taken.length >= target && tokens >= count * need && isEnough(heldOut, need))) break;
    taken.push(candidate);
    heldOut.push(...candidate.pieces);
    tokens += candidate.pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  }
  return taken;
}

/** Whether each of the `count` versions starting at `first` has at least `tokens` tokens. */
function eachHas(
  pieces: readonly Owned[],
  versions: readonly number[],
  first: number,
  count: number,
  tokens: number,
): boolean {
  const sums = new Array<number>(count).fill(0);
  pieces.forEach((piece, index) => {
    sums[versions[index]! - first]! += piece.tokens;
  });
  return sums.every((sum) => sum >= tokens);
}

/** Deals texts to versions: each goes to the version with the fewest tokens so far. */
class Dealer {
  readonly #sums: number[];

  constructor(count: number) {
    this.#sums = new Array<number>(count).fill(0);
  }

  next(tokens: number): number {
    let least = 0;
    for (let version = 1; version < this.#sums.length; version++)
      if (this.#sums[version]! < this.#sums[least]!) least = version;
    this.#sums[least]! += tokens;
    return least;
  }
}

/** Deals held-out pieces to versions, longest first; pieces of similar length are shuffled by a digest. */
function dealHeldOut(pieces: readonly Owned[], count: number, seed: number): number[] {
  const versions = new Array<number>(pieces.length).fill(0);
  const dealer = new Dealer(count);
  pieces
    .map(({ digest, tokens }, index) => ({
      index,
      tokens,
      size: Math.floor(Math.log2(tokens)),
      rank: digestBytes(`${seed}\nversion held-out\n${digest}`),
    }))
    .sort((a, b) => b.size - a.size || byText(a.rank, b.rank) || a.index - b.index)
    .forEach(({ index, tokens }) => {
      versions[index] = dealer.next(tokens);
    });
  return versions;
}

/** Deals training pieces in the same way, domain by domain; the database sorts them. */
async function dealTraining(
  catalog: DuckDBConnection,
  train: string,
  count: number,
  chance: string,
  placed: DuckDBAppender,
): Promise<void> {
  const sorted = `
    SELECT piece, domain, coalesce(noisy_tokens, tokens) ${train}
    ORDER BY domain, length(bin(coalesce(noisy_tokens, tokens))) DESC, ${chance}, source, id, document, part`;
  let current: string | undefined;
  let dealer = new Dealer(count);
  for await (const row of streamRows(catalog, sorted)) {
    const [piece, domain, tokens] = row as [number, string, number];
    if (domain !== current) dealer = new Dealer(count);
    current = domain;
    append(placed, { piece, domain, tokens }, 0, dealer.next(tokens));
  }
}
