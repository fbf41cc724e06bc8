export type { ArchiveEntry, ArchiveLimits } from './entries.js';
export * from './errors.js';
export * from './extract.js';
export * from './tree.js';
