export { DataError, type DataProblem } from './errors.js';
export type { OrderSpec, OrderVersion } from './order.js';
export { type DataProgress, type PrepareOptions, prepareData } from './prepare.js';
export { type Order, PreparedData, type SequenceInfo, type VersionInfo } from './prepared.js';
export { type DataConfig, type DataSettings, dataSchema, parseDataConfig } from './schema.js';
export { diversity } from './score.js';
export { byteTokenizer, type Tokenizer } from './tokenizer.js';
