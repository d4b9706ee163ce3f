/** Decides of every piece whether it is held out, and which version it belongs to. */
import { type Digest, digestBytes } from '@branchline/core';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { DataSettings } from '../config/schema.js';
import { allRows, quote, streamRows } from '../storage/duckdb.js';
import { byText } from '../storage/files.js';
import type { NearDuplicates } from '../text/near-duplicates.js';
import type { Split, Versioning } from './split.js';

/** More held-out text than this many times what is evaluated would only be lost to training. */
const HELD_OUT_RESERVE = 8;

/** Number of a split in the table `placed`. */
export const SPLITS: readonly Split[] = ['train', 'held-out'];

/** Pieces of documents that are no duplicates, in SQL. */
const KEPT = 'document NOT IN (SELECT document FROM dropped)';

/** In SQL, a digest as two numbers: sorting them takes less memory than sorting texts, and the order is the same. */
const narrow = (digest: string) =>
  `('0x' || substr(${digest}, 1, 16))::UBIGINT, ('0x' || substr(${digest}, 17, 16))::UBIGINT`;

/**
 * Writes the table `placed` (piece, split, version, domain, tokens): every piece that is not a duplicate. A document is
 * held out as a whole, by a digest of its text and the seed: neither reading order nor the length of the list of
 * sources matters, and no part of it is trained on in any version. A piece that other documents share with a held-out
 * one, such as the beginning of two releases of a long text, is not trained on either.
 *
 * Each query has one thing to sort or to join, so that little memory is enough for any number of documents.
 *
 * @param writer Another connection: what is written while rows are read must not end the reading.
 */
export async function place(
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
 * Of those that agree in a column, all but the document of the earliest version, else the first by source, domain, name
 * and text.
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

/** Documents of one domain, and of one version where versions are fixed. */
interface Group {
  readonly arrival: number;
  readonly domain: string;
  readonly documents: number;
  /** Of the clean text. */
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

/** The documents of a group in the order in which they are held out, as many as could be. */
async function* candidatesOf(
  catalog: DuckDBConnection,
  { arrival, domain, documents }: Group,
  { position, rank }: { readonly position: string; readonly rank: string },
  count: number,
  { heldOut }: DataSettings,
  context: number,
): AsyncGenerator<Candidate> {
  // A domain of a few documents gives at most half of them away.
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

/** The documents of a group that are held out, for `count` versions: from the first on, until there are enough. */
async function chooseHeldOut(
  candidates: AsyncIterable<Candidate>,
  group: Group,
  count: number,
  { share, sequences }: DataSettings['heldOut'],
  context: number,
  isEnough: (heldOut: readonly Owned[], need: number) => boolean,
): Promise<Candidate[]> {
  const target = Math.round(group.documents * share);
  // The share counts text too: a few short documents among long ones would be too little to measure on.
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

/** Whether each of `count` versions from `first` on has at least `tokens` tokens. */
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

/** Gives each text to the version that has least, so that all have the same number of tokens. */
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

/** Deals pieces to versions, long ones first. Among pieces of similar length chance decides. */
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

/** The same for all training text, domain by domain, in the order that the database sorts it into. */
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
