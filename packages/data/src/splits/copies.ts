/**
 * Training text that is also in a validation set is not trained on. Whole copies are removed first; a document that
 * shares only a piece may be held out.
 */
import type { Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { allRows } from '../storage/duckdb.js';
import type { NearCopies } from '../text/near-copies.js';

/** Text that was removed from the training data because a validation set has it too. */
export interface RemovedText {
  /** Documents that were removed as a whole or in part. */
  readonly documents: number;
  readonly bytes: number;
}

/** SQL condition: pieces whose text is a piece of no validation set. */
export const IN_NO_SET = 'digest NOT IN (SELECT digest FROM validation_pieces)';

/**
 * Writes the table `copies` (document, source): documents with the text of a document of validation set `source`, and
 * near copies. Adds them to the table `dropped`. A document is compared with the sets alone, so no version depends on
 * another one here.
 */
export async function dropCopies(
  catalog: DuckDBConnection,
  writer: DuckDBConnection,
  near: NearCopies | undefined,
): Promise<void> {
  await catalog.run(`
    CREATE TABLE copies AS SELECT DISTINCT pieces.document, sets.source FROM pieces
    JOIN (SELECT DISTINCT text, source FROM validation_pieces WHERE part = 0) AS sets USING (text) WHERE part = 0`);
  await near?.find(catalog, writer);
  await catalog.run('INSERT INTO dropped SELECT DISTINCT document FROM copies');
}

/** How many of the `total` documents are copies, for messages about too little text; undefined if none are. */
export async function copiesProblem(catalog: DuckDBConnection, total: number): Promise<Problem | undefined> {
  const sql = 'SELECT count(DISTINCT document)::DOUBLE FROM copies';
  const [[count]] = (await allRows<[number]>(catalog, sql)) as [[number]];
  if (count === 0) return undefined;
  const which = count === total ? `all ${total}` : `${count} of ${total}`;
  return {
    configPath: 'data.evaluation',
    message: `${which} documents of the sources are also in a validation set, so they were removed`,
    remedy: 'Use other text for the sets, or add text to the sources.',
  };
}

/**
 * What each of `count` validation sets removed, and all of them together. Text that several sets have counts for each.
 * Reads the tables `pieces`, `validation_pieces`, `copies`, `dropped` and `held_out`.
 */
export async function removedText(
  catalog: DuckDBConnection,
  count: number,
): Promise<{ readonly all: RemovedText; readonly bySet: readonly RemovedText[] }> {
  await catalog.run(`
    CREATE TABLE removed AS
    SELECT piece, document, bytes, copies.source AS validation FROM pieces JOIN copies USING (document)
    UNION
    SELECT piece, document, bytes, sets.source AS validation FROM pieces
    JOIN (SELECT DISTINCT digest, source FROM validation_pieces) AS sets USING (digest)
    WHERE document NOT IN (SELECT document FROM dropped) AND document NOT IN (SELECT document FROM held_out)`);
  const sums = 'count(DISTINCT document)::DOUBLE, coalesce(sum(bytes), 0)::DOUBLE';
  const sets = await allRows<[number, number, number]>(
    catalog,
    `SELECT validation, ${sums} FROM removed GROUP BY validation`,
  );
  const [all] = await allRows<[number, number]>(
    catalog,
    `SELECT ${sums} FROM (SELECT DISTINCT piece, document, bytes FROM removed)`,
  );
  const removed = ([documents, bytes]: readonly [number, number]): RemovedText => ({ documents, bytes });
  return {
    all: removed(all!),
    bySet: Array.from({ length: count }, (_, index) => {
      const [, documents = 0, bytes = 0] = sets.find(([validation]) => validation === index) ?? [];
      return removed([documents, bytes]);
    }),
  };
}
