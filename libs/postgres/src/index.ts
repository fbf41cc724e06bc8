export { endAdvisoryLock, tryAdvisoryLock, withAdvisoryLock } from './advisory-lock.js';
export * from './channels.js';
export * from './database-clock.js';
export * from './errors.js';
export * from './event-store.js';
export * from './inbox.js';
export * from './json-time.js';
export * from './listener.js';
export {
  eventTables,
  messagingTables,
  migrate,
  type Migration,
  type MigrationSet,
  type Patience,
  workTables,
} from './migrate.js';
export * from './outbox.js';
export * from './outbox-relay.js';
export * from './package-path.js';
export * from './partitions.js';
export * from './pool.js';
export * from './publish.js';
export * from './retention.js';
export * from './requirements.js';
export * from './route.js';
export { type AppRole, provisionRoles, roleExists } from './roles.js';
export * from './tls.js';
export * from './why-no-connection.js';
export * from './where.js';
export * from './work-queue.js';
