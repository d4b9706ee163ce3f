export * from './names.js';
export * from './paper.js';
export * from './scale.js';
