/** What a run directory knows of its costs. Nothing is written. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type BillRow, BranchlineError, Ledger, type LedgerEntry, type Results } from '@branchline/core';
import { checkRunDirectory, readResults } from '../experiment/run-directory.js';
import { readBill } from './bill-file.js';

export interface LedgerRun {
  /** Path of the ledger. */
  readonly file: string;
  readonly entries: readonly LedgerEntry[];
  /** What the strategies of the last start owe; undefined when it was killed before it could tell. */
  readonly bill: readonly BillRow[] | undefined;
  /** Undefined when no run has come to its end yet. */
  readonly results: Results | undefined;
}

/** Reads and checks the ledger, the bill and the results of a run. Throws a BranchlineError that names a file that cannot be used. */
export async function readLedgerRun(run: string): Promise<LedgerRun> {
  await checkRunDirectory(run);
  const file = join(run, 'ledger.jsonl');
  await access(file).catch((cause: unknown) => {
    throw noLedger(run, cause);
  });
  return {
    file,
    entries: await Ledger.read(file),
    bill: await readBill(join(run, 'bill.jsonl')),
    results: await readResults(run),
  };
}

/** For a directory where nothing was booked. */
export function noLedger(run: string, cause?: unknown): BranchlineError {
  const message = `${run} has no ledger.jsonl: nothing was trained there, or the file was removed`;
  const remedy =
    'Name the directory that bench wrote. A file that was removed is written again by the next run, from its records.';
  return new BranchlineError('store', { message, remedy }, { cause });
}
