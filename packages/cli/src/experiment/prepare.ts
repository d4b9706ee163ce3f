/** Until reproduce, ledger and compare are packages of their own. */
export { prepareExperiment } from '@branchline/api/internal';
