/** Until reproduce, ledger and compare are packages of their own. */
export { type CheckedExperiment, checkExperiment } from '@branchline/api/internal';
