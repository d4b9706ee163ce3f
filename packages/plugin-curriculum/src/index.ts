export { curriculum } from './curriculum.js';
