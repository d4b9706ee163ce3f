import { type LedgerRun, readLedgerFiles } from '@branchline/accounting';
import { checkRunDirectory, readResults } from '@branchline/api/internal';

/** Reads ledger, bill and results of a run. Throws a BranchlineError that names an unusable file. */
export async function readLedgerRun(run: string): Promise<LedgerRun> {
  await checkRunDirectory(run);
  return { ...(await readLedgerFiles(run)), results: await readResults(run) };
}
