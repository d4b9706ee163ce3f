/** Reads the ledger and the bill of a run directory. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type BillRow, BranchlineError, Ledger, type LedgerEntry } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { readBill } from './bill-file.js';

/** Ledger and bill of a run. */
export interface LedgerFiles {
  /** Path of the ledger. */
  readonly file: string;
  readonly entries: readonly LedgerEntry[];
  /** Costs of the strategies of the last start; undefined if the run was killed before it wrote the bill. */
  readonly bill: readonly BillRow[] | undefined;
}

/** All inputs of queries. */
export interface LedgerRun extends LedgerFiles {
  /** `results.json` of the run; undefined if no release was evaluated yet; partial while no run has finished. */
  readonly results: Results | undefined;
}

/**
 * Reads and validates the ledger and the bill of a run directory. Throws a BranchlineError that names the unusable
 * file.
 */
export async function readLedgerFiles(run: string): Promise<LedgerFiles> {
  const file = join(run, 'ledger.jsonl');
  await access(file).catch((cause: unknown) => {
    throw noLedger(run, cause);
  });
  return {
    file,
    entries: await Ledger.read(file),
    bill: await readBill(join(run, 'bill.jsonl')),
  };
}

/** The error for a directory without a ledger. */
export function noLedger(run: string, cause?: unknown): BranchlineError {
  const message = `${run} has no ledger.jsonl: nothing was trained there, or the file was removed`;
  const remedy = 'Name the directory that bench wrote. The next run restores a removed file from its records.';
  return new BranchlineError('store', { message, remedy }, { cause });
}
