export { modelAveraging } from './model-averaging.js';
