import {
  packagePath,
  type EventStore,
  type MigrationSet,
  type Outbox,
  type Pool,
  type WorkQueue,
} from '#libs/postgres';

/** The deployer's schema in Postgres. */
export const SCHEMA = 'deployer';

export const deployerTables: MigrationSet = {
  name: 'deployer',
  directory: packagePath('apps/deployer/migrations'),
};

/** What the deployer keeps in Postgres. */
export interface Storage {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly events: EventStore;
  readonly work: WorkQueue;
}
