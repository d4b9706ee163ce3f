/** Accounts for every byte of text that was read. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { removedText } from '../splits/copies.js';
import { allRows } from '../storage/duckdb.js';
import type { StoredGroup, TextAccount } from './manifest.js';

/**
 * Sums up the tables `pieces`, `dropped`, `copies` and `placed`, and the written sequences.
 *
 * @param sets Names of the validation sets.
 */
export async function accountFor(
  catalog: DuckDBConnection,
  groups: readonly StoredGroup[],
  sets: readonly string[],
): Promise<TextAccount> {
  const [sums] = await allRows<[number, number, number, number, number, number]>(
    catalog,
    `SELECT (count(*) FILTER (WHERE part = 0))::DOUBLE, coalesce(sum(bytes), 0)::DOUBLE,
       coalesce(sum(bytes) FILTER (WHERE document IN (SELECT document FROM dropped)
         AND document NOT IN (SELECT document FROM copies)), 0)::DOUBLE,
       coalesce(sum(bytes) FILTER (WHERE piece IN (SELECT piece FROM placed WHERE split = 1)), 0)::DOUBLE,
       coalesce(sum(bytes) FILTER (WHERE piece IN (SELECT piece FROM placed WHERE split = 0)), 0)::DOUBLE,
       coalesce(sum(dropped + coalesce(noisy_dropped, 0)), 0)::DOUBLE
         + (SELECT coalesce(sum(dropped), 0)::DOUBLE FROM validation_pieces)
     FROM pieces`,
  );
  const [documents, read, duplicate, heldOut, train, anyDropped] = sums!;
  const dropped = anyDropped > 0 ? await droppedIn(catalog) : 0;
  const removed = sets.length === 0 ? undefined : await removedText(catalog, sets.length);
  const written = (split: StoredGroup['split']) =>
    groups.reduce((sum, group) => sum + (group.split === split ? group.bytes : 0), 0);
  return {
    documents,
    read,
    duplicate,
    repeated: read - duplicate - heldOut - train - (removed?.all.bytes ?? 0),
    heldOut,
    evaluated: written('held-out'),
    train,
    inSequences: written('train'),
    ...(dropped > 0 && { dropped }),
    ...(removed && {
      removed: removed.all,
      removedBySet: sets.map((name, index) => ({ name, ...removed.bySet[index]! })),
    }),
  };
}

/** Characters without a token in the text that is trained on, held out, or of validation sets. */
async function droppedIn(catalog: DuckDBConnection): Promise<number> {
  const [[placed, validation]] = (await allRows<[number, number]>(
    catalog,
    `SELECT
       (SELECT coalesce(sum(CASE WHEN split = 0 THEN coalesce(noisy_dropped, dropped) ELSE dropped END), 0)::DOUBLE
        FROM placed JOIN pieces USING (piece)),
       (SELECT coalesce(sum(dropped), 0)::DOUBLE FROM validation_pieces)`,
  )) as [[number, number]];
  return placed + validation;
}
