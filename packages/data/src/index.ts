export { type CachePart, cleanCache, surveyCache } from './cache.js';
export { type Period, periodOf } from './config/period.js';
export { parseQuantity } from './config/quantity.js';
export { type DataConfig, type DataSettings, dataSchema, parseDataConfig } from './config/schema.js';
export { checkSources, type PrepareOptions, prepareData } from './prepare.js';
export { type ClassifierFigures, judgeScore, type ScoreVerdict } from './scorers/classifier-figures.js';
export { defineScorer, type Scorer, type ScorerDefinition } from './scorers/define.js';
export type { TextAccount } from './sequences/manifest.js';
export { type DataVersion, PreparedData, type SequenceInfo } from './sequences/prepared.js';
export type { DataProgress } from './sequences/write-sequences.js';
export type { Skipped } from './sources/bad-documents.js';
export type { SkippedFile } from './sources/find-sources.js';
export {
  type DocumentSurvey,
  type FieldSurvey,
  type FolderSurvey,
  type SurveyedFile,
  surveyFolder,
} from './survey.js';
export { checkTasks, prepareTasks } from './tasks/prepare.js';
export { parseTasks, type TaskSettings, type TasksConfig, tasksSchema } from './tasks/schema.js';
export { byteTokenizer } from './tokenizers/bytes.js';
export { keptFile, openKeptTokenizer } from './tokenizers/keep.js';
export type { TextStream } from './tokenizers/text-stream.js';
export type { Tokenizer } from './tokenizers/tokenizer.js';
