export * from './names.js';
export * from './paper.js';
export * from './text.js';
