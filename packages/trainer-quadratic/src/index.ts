export { type QuadraticOptions, type QuadraticSettings, quadraticOptions } from './options.js';
export type { QuadraticState } from './state.js';
export { QuadraticTrainer, quadratic } from './trainer.js';
