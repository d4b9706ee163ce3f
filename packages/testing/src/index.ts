export { experiment, hooksOf, optionNames, services, versionContext } from './contexts.js';
export { planOf, type Strategies, specOf } from './plan.js';
