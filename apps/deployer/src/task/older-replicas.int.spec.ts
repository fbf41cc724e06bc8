import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPool, transaction, type Pool } from '#libs/postgres';
import { createTestDatabase, type TestDatabase, until } from '#libs/testing';
import { migrateToBeforeSpecs, migrateToNow } from './database.testing.js';

const schema = 'test';
let database: TestDatabase;
let pool: Pool;
let older: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  const { url } = database;
  pool = createPool({ url, schema, applicationName: 'new replica' });
  older = createPool({ url, schema, applicationName: 'older replica' });
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await migrateToBeforeSpecs(pool, schema);
});
afterEach(() => Promise.all([pool.end(), older.end()]));
afterAll(() => database.drop());

const ADD_REQUEST = `INSERT INTO requests (token, request, reply_topic, open_tasks) VALUES ('t1', '{"appId":"shop"}', 'r', 1)`;
const ADD_TASK = `INSERT INTO tasks (id, token, position, service) VALUES ('t1/web', 't1', 0, 'web')`;

const ADD_INSTANCE = `INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id)
  VALUES ('web-1', 't1/web', 'shop', 'web', 'node-1', 'web-1', '{}', '{}', 'r1')`;

/** Whether a session waits for a lock. */
async function somebodyWaits(): Promise<boolean> {
  const { rowCount } = await older.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return (rowCount ?? 0) > 0;
}

/** A transaction of an older replica, between whose statements a new replica starts. */
async function startedBetween(first: string, ...then: readonly string[]): Promise<void> {
  let starting: Promise<unknown> = Promise.resolve();
  await transaction(older, async (tx) => {
    await tx.query(first);
    starting = migrateToNow(pool, schema).catch((error: unknown) => error);
    await until('the migrations to wait for the older replica', somebodyWaits);
    for (const statement of then) await tx.query(statement);
  });
  expect(await starting).toBeUndefined();
}

describe('migrations that would deadlock with an older replica if they held several tables', () => {
  it('let its last step end, which removes an instance and then writes the result', async () => {
    for (const sql of [ADD_REQUEST, ADD_TASK, ADD_INSTANCE]) await pool.query(sql);
    await startedBetween(
      `DELETE FROM instances WHERE name = 'web-1'`,
      `UPDATE tasks SET result = '{"status":"stopped"}' WHERE id = 't1/web'`,
    );
    const { rows } = await pool.query('SELECT result FROM tasks');
    expect(rows).toEqual([{ result: { status: 'stopped' } }]);
  });

  it('let it take in a request, whose row comes before those of its tasks', async () => {
    await startedBetween(ADD_REQUEST, ADD_TASK);
    const { rows } = await pool.query(`SELECT count(*)::integer AS tasks FROM tasks WHERE token = 't1'`);
    expect(rows).toEqual([{ tasks: 1 }]);
  });
});
