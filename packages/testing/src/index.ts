export { experiment, hooksOf, optionNames, services, versionContext } from './contexts.js';
export { type NumberedDataOptions, numberedData } from './numbered.js';
export { type Overridden, planOf, type Strategies, specOf } from './plan.js';
export { checkResume, type ResumeCheck, type ResumeReport } from './resume.js';
export type { Cut, Start } from './start.js';
export { type ToyState, ToyTrainer, toyModel } from './toy-trainer.js';
export { type TrainerWatch, WatchedTrainer } from './watch.js';
export { inTemporaryDirectory, type SmallExperiment, smallExperiment } from './world.js';
