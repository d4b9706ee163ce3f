/** What tests of the workspace share: a toy world in which experiments take milliseconds. Not published. */
export * from './arbitrary-strategies.js';
export * from './ballast.js';
export * from './mutations.js';
export * from './plugins.js';
export * from './toy.js';
