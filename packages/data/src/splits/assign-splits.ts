/**
 * Decides for every piece whether it is held out and which version it belongs to. If versions arrive one after another,
 * a version is divided by its own text and that of earlier versions, so that a later one leaves it as it is.
 */
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { DataSettings } from '../config/schema.js';
import { allRows, quote, streamRows } from '../storage/duckdb.js';
import type { NearCopies } from '../text/near-copies.js';
import type { NearDuplicates } from '../text/near-duplicates.js';
import { dropCopies, IN_NO_SET } from './copies.js';
import { Dealer, dealHeldOut } from './deal.js';
import { type Choosing, chooseHeldOut, groupsOf, type HeldOutPiece } from './held-out.js';
import type { Split, Versioning } from './split.js';

/** Splits by their number in tables. */
export const SPLITS: readonly Split[] = ['train', 'held-out', 'validation'];

/** SQL condition: pieces of documents that are not duplicates. */
const KEPT = 'document NOT IN (SELECT document FROM dropped)';

/** What finds texts that are similar, as far as they are to be removed. */
export interface Near {
  readonly duplicates?: NearDuplicates;
  readonly copies?: NearCopies;
}

/** Domains with fewer pieces per version are balanced with each other, not only each by itself. */
const SMALL_DOMAIN = 16;

/** SQL: a digest as two integers, which sort like the text and need less memory. */
const narrow = (digest: string) =>
  `('0x' || substr(${digest}, 1, 16))::UBIGINT, ('0x' || substr(${digest}, 17, 16))::UBIGINT`;

/**
 * Writes the table `placed` (piece, split, version, domain, tokens) with every piece that is not a duplicate. Documents
 * are held out as a whole, chosen by a digest of text and seed, so reading order does not matter and no part of a
 * held-out document is trained on in any version. Training pieces with the same text as a held-out piece, such as the
 * common beginning of two releases of a document, are dropped; a document that repeats a piece of an earlier version is
 * not held out. Text of the validation sets is removed first.
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
  near: Near,
): Promise<void> {
  const count = arrival === undefined ? names.length : 1;
  const position = `(${arrival ?? '0'})::USMALLINT`;
  const unique = settings.deduplicate !== 'none';
  const rank = (purpose: string, digest: string) => `sha256(${quote(`${settings.seed}\n${purpose}\n`)} || ${digest})`;
  await catalog.run('CREATE TABLE dropped (document UINTEGER)');
  await dropCopies(catalog, writer, near.copies);
  // Of equal or similar documents the first one is kept: by version, then by source, domain, id and text.
  const first = `${position}, source, domain, id, coalesce(version, ''), coalesce(field_score, 0), text, document`;
  if (unique) await dropDuplicates(catalog, first);
  const ranked = `
    SELECT document, ${position} AS position, row_number() OVER (ORDER BY ${first}) - 1 AS place
    FROM pieces WHERE part = 0 AND ${KEPT}`;
  await near.duplicates?.drop(catalog, writer, ranked);

  let candidate = KEPT;
  if (unique && arrival !== undefined) {
    await findRepeats(catalog, position);
    candidate = `${KEPT} AND document NOT IN (SELECT document FROM repeats)`;
  }
  await catalog.run(
    'CREATE TABLE placed (piece UINTEGER, split UTINYINT, version USMALLINT, domain VARCHAR, tokens UINTEGER)',
  );
  await catalog.run('CREATE TABLE held_out (document UINTEGER)');
  const placed = await writer.createAppender('placed');
  const heldOut = await writer.createAppender('held_out');
  const columns = { position, rank: rank('held-out', 'text'), candidate };
  const choosing: Choosing = { columns, count, heldOut: settings.heldOut, context };
  for (const group of await groupsOf(catalog, KEPT, choosing)) {
    const deal = (pieces: readonly HeldOutPiece[]) =>
      arrival === undefined ? dealHeldOut(pieces, count, settings.seed) : pieces.map(() => group.arrival);
    const documents = await chooseHeldOut(catalog, group, choosing, deal);
    const pieces = documents.flatMap((document) => document.pieces);
    const versions = deal(pieces);
    for (const { document } of documents) {
      heldOut.appendUInteger(document);
      heldOut.endRow();
    }
    for (const [index, piece] of pieces.entries()) append(placed, piece, 1, versions[index]!);
  }
  heldOut.closeSync();

  // No later version can take a piece from an earlier one here: a document with such a piece is not held out.
  const shared = unique ? 'AND digest NOT IN (SELECT digest FROM held_out_pieces)' : '';
  await catalog.run(`
    CREATE TABLE held_out_pieces AS SELECT DISTINCT digest FROM pieces WHERE document IN (SELECT document FROM held_out)`);
  const train = `FROM pieces WHERE ${KEPT} AND document NOT IN (SELECT document FROM held_out)
    AND ${IN_NO_SET} ${shared}`;
  if (arrival === undefined) {
    const chance = [rank('version train', 'digest'), columns.rank].map(narrow).join(', ');
    await dealTraining(catalog, train, count, chance, placed);
  }
  placed.closeSync();
  if (arrival !== undefined)
    await catalog.run(
      `INSERT INTO placed SELECT piece, 0, ${position}, domain, coalesce(noisy_tokens, tokens) ${train}`,
    );
}

type Placed = Pick<HeldOutPiece, 'piece' | 'tokens' | 'domain'>;

function append(placed: DuckDBAppender, { piece, domain, tokens }: Placed, split: number, version: number): void {
  placed.appendUInteger(piece);
  placed.appendUTinyInt(split);
  placed.appendUSmallInt(version);
  placed.appendVarchar(domain);
  placed.appendUInteger(tokens);
  placed.endRow();
}

/** Adds duplicates to the table `dropped`: of the documents with the same text, all except the first. */
async function dropDuplicates(catalog: DuckDBConnection, first: string): Promise<void> {
  await catalog.run(
    'CREATE TABLE repeated AS SELECT text FROM pieces WHERE part = 0 GROUP BY text HAVING count(*) > 1',
  );
  await catalog.run(`
    INSERT INTO dropped SELECT document FROM (
      SELECT document, row_number() OVER (PARTITION BY text ORDER BY ${first}) AS place
      FROM pieces WHERE part = 0 AND text IN (SELECT text FROM repeated)
    ) WHERE place > 1`);
}

/** Writes the table `repeats`: documents with a piece that an earlier version has too. */
async function findRepeats(catalog: DuckDBConnection, position: string): Promise<void> {
  await catalog.run(`
    CREATE TABLE repeated_pieces AS SELECT digest, min(${position}) AS first FROM pieces WHERE ${KEPT}
    GROUP BY digest HAVING min(${position}) < max(${position})`);
  await catalog.run(`
    CREATE TABLE repeats AS SELECT DISTINCT document FROM pieces JOIN repeated_pieces USING (digest)
    WHERE ${position} > first`);
}

/** Deals training pieces to random versions, domain by domain, longest first; the database sorts them. */
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
  const small = `SELECT domain ${train} GROUP BY domain HAVING count(*) < ${SMALL_DOMAIN * count}`;
  const isSmall = new Set((await allRows<[string]>(catalog, small)).map(([domain]) => domain));
  const totals = new Array<number>(count).fill(0);
  let current: string | undefined;
  let dealer = new Dealer(count);
  for await (const row of streamRows(catalog, sorted)) {
    const [piece, domain, tokens] = row as [number, string, number];
    if (domain !== current) dealer = new Dealer(count, isSmall.has(domain) ? totals : undefined);
    current = domain;
    append(placed, { piece, domain, tokens }, 0, dealer.next(tokens));
  }
}
