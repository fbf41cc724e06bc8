export * from './api-error.js';
export * from './api-error.filter.js';
export * from './parse-input.js';
export * from './token.guard.js';
