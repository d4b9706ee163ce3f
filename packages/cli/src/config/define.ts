/** Until reproduce, ledger and compare are packages of their own. */
export type { ExperimentConfig, StrategyConfig } from '@branchline/api';
