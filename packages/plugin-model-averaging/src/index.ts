export { lawa } from './lawa.js';
export { modelAveraging } from './model-averaging.js';
export { wsm } from './wsm.js';
