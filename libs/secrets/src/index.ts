export * from './keys.js';
export * from './seal.js';
