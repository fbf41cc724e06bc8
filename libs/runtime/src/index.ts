export * from './old-rows.js';
export * from './outgoing.js';
export * from './recurring.js';
export * from './run-until-signal.js';
export * from './runtime.js';
export * from './runtime-config.js';
export * from './serve.js';
export * from './transactional-inbox.js';
