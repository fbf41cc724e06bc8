import { eventTables, messagingTables, workTables } from '#libs/postgres';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { deployerTables } from './storage.wire.js';

/** For tests: a database of its own with the deployer's tables, in the schema `test`. */
export function createDeployerDatabase(): Promise<TestDatabase> {
  return createTestDatabase({ sets: [messagingTables, eventTables, workTables, deployerTables] });
}
