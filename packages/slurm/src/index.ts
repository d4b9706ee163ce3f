export { type SlurmOptions, slurmOptionsSchema } from './options.js';
export { SlurmQueue } from './queue.js';
