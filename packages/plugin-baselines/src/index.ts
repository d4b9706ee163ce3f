export { continual } from './continual.js';
export { fromScratch } from './from-scratch.js';
export { infiniteSchedule } from './infinite-schedule.js';
export { replay } from './replay.js';
export { stableOnly } from './stable-only.js';
export { wsdS } from './wsd-s.js';
