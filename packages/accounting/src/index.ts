export { checkTarget, partOf, writeAnswer } from './export.js';
export { readBill } from './files/bill-file.js';
export { type LedgerFiles, type LedgerRun, noLedger, readLedgerFiles } from './files/ledger-files.js';
export { DEFAULT_PRICES } from './prices/default-prices.js';
export { type Answer, ask, type Database, type Json, type Row } from './queries/answer.js';
export { AMOUNTS, BILL_COLUMNS, ENTRY_COLUMNS, RESULT_COLUMNS } from './queries/columns.js';
export { withDatabase } from './queries/database.js';
export {
  type Amounts,
  DIMENSIONS,
  type Dimension,
  type GroupedBill,
  groupedBy,
  readGrouped,
} from './queries/grouped-bill.js';
export { type Overview, readOverview } from './queries/overview.js';
export { asQuery, userQuery } from './queries/user-query.js';
export { type Finding, findProblems, type Verification } from './verify/findings.js';
export { type Records, readRecords, type SealedRecord } from './verify/records.js';
