export * from './agreement.js';
export * from './letters.js';
export * from './names.js';
export * from './paper.js';
export * from './scale.js';
export * from './text.js';
