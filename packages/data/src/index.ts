export { checkSources, type DataProgress, type PrepareOptions, prepareData } from './prepare.js';
export { type DataVersion, PreparedData, type SequenceInfo } from './prepared.js';
export { type DataConfig, type DataSettings, dataSchema, parseDataConfig } from './schema.js';
export { diversity } from './score.js';
export { byteTokenizer, type Tokenizer } from './tokenizer.js';
