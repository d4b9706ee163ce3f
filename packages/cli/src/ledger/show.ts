/** `branchline ledger`: answers one question as text, as JSON or in a file. */
import {
  ask,
  asQuery,
  checkTarget,
  type Database,
  type Dimension,
  groupedBy,
  type LedgerRun,
  partOf,
  readGrouped,
  readOverview,
  userQuery,
  withDatabase,
  writeAnswer,
} from '@branchline/accounting';
import { BranchlineError } from '@branchline/core';
import { type Style, styleFor } from '../ui/style.js';
import { parseDimensions } from './dimensions.js';
import { readLedgerRun } from './run.js';
import { answerText, entriesText, fold, groupedText, overviewText } from './text.js';

/** Arguments of `ledger`. */
export interface LedgerArguments {
  readonly run: string;
  readonly by?: string;
  readonly entries?: boolean;
  readonly sql?: string;
  readonly out?: string;
  readonly json: boolean;
}

/** An answer, as printed by `--json` and as text. */
interface Shown {
  readonly json: unknown;
  readonly text: (style: Style) => string;
}

const ENTRIES = '(FROM entries ORDER BY line)';

/** Answers the question of the arguments; without one, prints the overview. */
export async function showLedger(args: LedgerArguments): Promise<void> {
  const asked = [
    ...(args.by === undefined ? [] : ['--by']),
    ...(args.entries ? ['--entries'] : []),
    ...(args.sql === undefined ? [] : ['--sql']),
  ];
  if (asked.length > 1) {
    throw new BranchlineError('config', { message: `${asked.join(' and ')} are two questions`, remedy: 'Ask one.' });
  }
  const by = args.by === undefined ? undefined : parseDimensions(args.by);
  const { run: directory, out, json } = args;
  if (out !== undefined) checkTarget(out, directory);
  const run = await readLedgerRun(directory);
  if (by !== undefined && run.bill === undefined) {
    throw new BranchlineError('store', {
      message: `${directory} has no bill.jsonl: a run writes it when it ends or is stopped`,
      remedy: 'Start it again: what is stored is not trained again. --entries and --sql read the ledger in any case.',
    });
  }
  const { json: data, text } = await withDatabase(
    run,
    (connection) => (out === undefined ? answer(connection, run, args, by) : write(connection, args, by, out)),
    out === undefined ? undefined : partOf(out),
  );
  const { isTTY, columns } = process.stdout;
  const shown = json ? JSON.stringify(data, null, 2) : text(styleFor(process.stdout));
  process.stdout.write(`${isTTY && !json ? fold(shown, columns) : shown}\n`);
}

async function answer(
  connection: Database,
  run: LedgerRun,
  { sql, entries }: LedgerArguments,
  by: readonly Dimension[] | undefined,
): Promise<Shown> {
  const currency = currencyOf(run);
  if (sql !== undefined) {
    const found = await asQuery(() => ask(connection, `FROM ${userQuery(sql)}`));
    return { json: found.rows, text: (style) => answerText(found, style) };
  }
  if (entries) {
    const found = await ask(connection, `FROM ${ENTRIES}`);
    return { json: found.rows, text: (style) => entriesText(found, currency, style) };
  }
  if (by !== undefined) {
    const grouped = await readGrouped(connection, by);
    return { json: { ...grouped, currency }, text: (style) => groupedText(grouped, currency, style) };
  }
  const overview = await readOverview(connection, run);
  const { by: _, rows: strategies, actual: total, ...more } = overview;
  const json = { verified: true, currency, total, strategies, ...more };
  return { json, text: (style) => overviewText(overview, currency, style) };
}

async function write(
  connection: Database,
  { sql }: LedgerArguments,
  by: readonly Dimension[] | undefined,
  out: string,
): Promise<Shown> {
  const table = sql !== undefined ? userQuery(sql) : by !== undefined ? `(${groupedBy(by)})` : ENTRIES;
  const rows = await (sql === undefined
    ? writeAnswer(connection, table, out)
    : asQuery(() => writeAnswer(connection, table, out)));
  return { json: { out, rows }, text: () => out };
}

/** A run directory has only one currency. */
function currencyOf({ entries }: LedgerRun): string {
  return entries.find(({ money }) => money !== null)?.currency ?? entries[0]?.currency ?? '';
}
