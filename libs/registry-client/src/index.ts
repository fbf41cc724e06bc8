export {
  readChanges,
  readDrainRevision,
  readSnapshot,
  type RegistryChange,
  type RegistrySnapshot,
} from './changes.js';
export { namingRegistry, orWithoutRegistry, RegistryUnavailableError } from './errors.js';
export { CHANGES_CHANNEL, RegistryFeed, type RegistryFeedOptions } from './registry-feed.js';
export { INSTANCE_COLUMNS, SERVICE_COLUMNS } from './rows.js';
export type { RegistryInstance, RegistryNode, RegistryRoute, RegistryService } from './rows.js';
export * from './live-rows.js';
export * from './traffic-carriers.js';
export * from './traffic-entries.js';
export * from './traffic-watch.js';
export * from './views.js';
export * from './wakes.js';
