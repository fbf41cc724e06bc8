import type { ConnectOptions } from './log-in.js';

export interface SshLogger {
  debug?(fields: object, message: string): void;
}

export interface PoolOptions extends ConnectOptions {
  readonly logger?: SshLogger;
  /** Tries of one connection before its waiters are told; only of failures that may pass. */
  readonly connectAttempts: number;
  /** Also after that many it is tried again until so long has passed: a server that is started again refuses at once. */
  readonly connectForMs: number;
  readonly maxConnections: number;
  /** Commands at once on one connection: sshd's MaxSessions, 10 unless it is set. A lower one is learnt. */
  readonly sessionsPerConnection: number;
  readonly socketsPerConnection: number;
  /** How long an unused connection is kept: the last one, and those beside it. */
  readonly idleMs: number;
  readonly surplusIdleMs: number;
}
