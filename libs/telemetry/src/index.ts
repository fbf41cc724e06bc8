export * from './health.js';
export * from './logger.js';
export * from './metrics.js';
export * from './nest-logger.js';
export * from './telemetry.module.js';
export { currentTraceparent, withinTrace } from './trace-context.js';
export * from './traceparent.js';
export * from './tracing.js';
export * from './said-once.js';
