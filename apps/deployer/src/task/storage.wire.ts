import type { EventStore, Outbox, Pool, WorkQueue } from '#libs/postgres';

/** The deployer's schema in Postgres. */
export const SCHEMA = 'deployer';

/** What the deployer keeps in Postgres. */
export interface Storage {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly events: EventStore;
  readonly work: WorkQueue;
}
