export type { BackendName } from './eager-engine.js';
export type { Engine } from './engine.js';
export { type EngineAttempt, type TfjsTrainerOptions, tfjsTrainerOptions, tryEngines } from './options.js';
export type { TfjsState } from './state.js';
export { TfjsTrainer, type TfjsTrainerFactory, tfjsTrainer } from './trainer.js';
