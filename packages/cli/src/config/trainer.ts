/** Until reproduce, ledger and compare are packages of their own. */
export { quadratic } from '@branchline/api';
