export { olmoCore } from './define.js';
export { OLMO_CORE } from './engine.js';
export { findOlmoCore, type OlmoCoreEnvironment, type OlmoCoreRecord, olmoCoreFolder } from './environment.js';
export { type OlmoCoreOptions, olmoCoreOptions } from './options.js';
export { OLMO_CORE_VERSION } from './version.js';
