export { continual } from './continual.js';
export { fromScratch } from './from-scratch.js';
export { replay } from './replay.js';
