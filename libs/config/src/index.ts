export { certificateFile, keyPairRules, readableFile } from './key-pair.js';
export * from './kafka.js';
export * from './load-config.js';
export * from './readable-file.js';
export * from './rules.js';
export * from './schemas.js';
export * from './secret.js';
export * from './untrusted-certificate.js';
