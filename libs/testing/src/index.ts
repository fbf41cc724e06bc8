export * from './app-process.js';
export * from './database.js';
export * from './environment.js';
export * from './names.js';
export * from './nodes.js';
export * from './otlp-collector.js';
export * from './random.js';
export * from './until.js';
