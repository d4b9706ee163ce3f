/** Until reproduce, ledger and compare are packages of their own. */
export { checkRunDirectory, readResults } from '@branchline/api/internal';
