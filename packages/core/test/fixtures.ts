/** Shared fixtures for tests of all packages: toy parts with which experiments take milliseconds. Not published. */
export * from './arbitrary-strategies.js';
export * from './ballast.js';
export * from './mutations.js';
export * from './plugins.js';
export * from './toy.js';
