export * from './errors.js';
export { fingerprint, readHostKeyFingerprint } from './fingerprint.js';
export { quoteArgument } from './quote-argument.js';
export type { ExecOptions, ExecResult } from './exec.js';
export type { SshLogin, SshTarget } from './target.js';
export { targetAddress } from './target.js';
export type { PoolOptions as SshPoolOptions, SshLogger } from './pool-options.js';
export { DOCKER_SOCKET, SshPool } from './ssh-pool.js';
