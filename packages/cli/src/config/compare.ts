/** Until reproduce, ledger and compare are packages of their own. */
export { type CompareConfig, describeQuantity, readRule } from '@branchline/api/internal';
