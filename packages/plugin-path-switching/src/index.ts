export { pathSwitching } from './path-switching.js';
