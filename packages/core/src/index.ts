export { canonicalJson, type Digest, digestBytes, digestJson, type JsonValue } from './json.js';
export type * from './kernel/results.js';
export { philox4x32, RandomStream } from './plan/random.js';
export * from './plan/schedule.js';
export type * from './plan/spec.js';
export { definePlugin, type PluginFactory } from './plugin/define.js';
export type * from './plugin/types.js';
export type * from './trainer/trainer.js';
