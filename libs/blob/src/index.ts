export type { BlobStore, BlobStores, OpenedBlob } from './blob-store.js';
export * from './blob-variables.js';
export * from './errors.js';
export * from './blob-stores.js';
