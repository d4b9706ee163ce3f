export * from './names.js';
export * from './paper.js';
