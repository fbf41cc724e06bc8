export * from './kafka.js';
export * from './load-config.js';
export * from './readable-file.js';
export * from './schemas.js';
export * from './secret.js';
export * from './untrusted-certificate.js';
