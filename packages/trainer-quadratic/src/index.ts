export { spectrum } from './landscape.js';
export { type QuadraticOptions, type QuadraticSettings, quadraticOptions } from './options.js';
export { qualitiesOf } from './quality.js';
export type { QuadraticState } from './state.js';
export { QuadraticTrainer, quadraticTrainer } from './trainer.js';
