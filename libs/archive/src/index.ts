export { ArchiveError, type ArchiveErrorCode } from './errors.js';
export * from './extract.js';
export type { ArchiveLimits } from './plan.js';
export * from './tree.js';
export type { UnpackedSource } from './unpack.js';
