export { canonicalJson, type Digest, digestBytes, digestJson, type JsonValue } from './json.js';
export { philox4x32, RandomStream } from './plan/random.js';
export type * from './trainer/trainer.js';
