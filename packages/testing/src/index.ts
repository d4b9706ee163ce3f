export {
  type ContextData,
  type Deciders,
  decidersOf,
  experiment,
  optionNames,
  type Services,
  versionContext,
} from './contexts.js';
export { inTemporaryDirectory, type SmallExperiment, smallExperiment } from './fixtures.js';
export { checkGrowth, type GrowthCheck } from './growth.js';
export { type Overridden, planOf, type Strategies, specOf } from './plan.js';
export { checkResume, type ResumeCheck, type ResumeReport } from './resume.js';
export { type Cut, type Finished, runStraight, type Start } from './start.js';
export type { StrategyExample } from './strategy/examples.js';
export type { ExpectedFields, ExpectedPlan } from './strategy/expected-plan.js';
export { type InvalidOptions, ownedBy } from './strategy/tables.js';
export { createStrategyTester, type StrategyTests, type TrainerChoice } from './strategy/tester.js';
export type { Check, Suite, TestRunner } from './suite.js';
export { type SyntheticDataOptions, syntheticData } from './synthetic-data.js';
export { type ToyState, ToyTrainer, toyModel } from './toy-trainer.js';
export type { Reference, TrainerTests } from './trainer/bench.js';
export { distance, patternSource, steps, train } from './trainer/patterns.js';
export { createTrainerTester } from './trainer/tester.js';
export { type TrainerWatch, WatchedTrainer } from './watch.js';
