export { parseQuantity } from './config/quantity.js';
export { type DataConfig, type DataSettings, dataSchema, parseDataConfig } from './config/schema.js';
export { checkSources, type PrepareOptions, prepareData } from './prepare.js';
export { defineScorer, type Scorer, type ScorerDefinition } from './scorers/define.js';
export { type DataVersion, PreparedData, type SequenceInfo } from './sequences/prepared.js';
export type { DataProgress } from './sequences/write-sequences.js';
export type { Skipped } from './sources/bad-documents.js';
export { checkTasks, prepareTasks } from './tasks/prepare.js';
export { parseTasks, type TaskSettings, type TasksConfig, tasksSchema } from './tasks/schema.js';
