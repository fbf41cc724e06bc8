import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPool, transaction, WorkQueue, type Pool } from '#libs/postgres';
import { createTestDatabase, type TestDatabase, until } from '#libs/testing';
import { buildKey, rolloutKey } from './domain/task.turns.js';
import { migrateToBeforeSpecs, migrateToNow } from './database.testing.js';

const schema = 'test';
let database: TestDatabase;
let pool: Pool;
let older: Pool;
let olderSession: PoolClient;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  const { url } = database;
  pool = createPool({ url, schema, applicationName: 'new replica' });
  older = createPool({ url, schema, applicationName: 'older replica' });
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await migrateToBeforeSpecs(pool, schema);
  olderSession = await older.connect();
});
afterEach(async () => {
  olderSession.release();
  await Promise.all([pool.end(), older.end()]);
});
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

/** One claim of the version before, as it asks for it. Its sessions are older than the migrations. */
async function olderClaim(): Promise<string | null> {
  for (;;) {
    const { rows } = await olderSession.query<{ id: string | null; more: boolean }>(
      `SELECT id, key, fence, lease_until, more FROM work_claim($1, $2 * interval '1 ms', $3)`,
      ['older', 60_000, false],
    );
    const [{ id, more } = { id: null, more: false }] = rows;
    if (id !== null || !more) return id;
  }
}

async function olderEnqueue(id: string, key: string): Promise<void> {
  await older.query(
    `WITH added AS (INSERT INTO work (id, key, due_at) VALUES ($1, $2, coalesce($3, now())) RETURNING key)
     INSERT INTO work_turns (rank, key) SELECT 1, key FROM added`,
    [id, key, null],
  );
}

describe('two rollouts of one service at once, by an older replica and a new one', () => {
  const web = { appId: 'shop', service: 'web' };
  const work = new WorkQueue();
  const enqueue = (id: string, key: string) => transaction(pool, (tx) => work.enqueue(tx, { id, key }));
  const claim = () => work.claim(pool, { owner: 'new', leaseMs: 60_000 });
  beforeEach(async () => {
    await olderEnqueue('first', rolloutKey(web));
    expect(await olderClaim()).toBe('first');
    await pool.query(`UPDATE work SET state = 'done' WHERE id = 'first'`);
    await migrateToNow(pool, schema);
  });

  it('cannot be, for an older replica does not claim what waits for builds, nor anything else of a new one', async () => {
    await enqueue('deploy', buildKey(web));
    await enqueue('scale', rolloutKey(web));
    expect(await olderClaim()).toBeNull();
    expect([(await claim())?.id, (await claim())?.id].toSorted()).toEqual(['deploy', 'scale']);
  });

  it('are kept apart by the key of rollouts, which both know', async () => {
    await olderEnqueue('older deploy', rolloutKey(web));
    await enqueue('scale', rolloutKey(web));
    expect(await olderClaim()).toBe('older deploy');
    expect(await claim()).toBeUndefined();
    await transaction(older, (tx) => work.finish(tx, { id: 'older deploy', fence: 1n }));
    expect(await olderClaim()).toBeNull();
    expect((await claim())?.id).toBe('scale');
  });

  it('cannot come of a place that a new replica gave up, which the version before this one cannot read', async () => {
    await enqueue('deploy', rolloutKey(web));
    const claimAs = async (level: number): Promise<string | null> => {
      const sql = `SELECT id FROM work_claim('of before', interval '1 minute', false, $1::smallint)`;
      return (await older.query<{ id: string | null }>(sql, [level])).rows[0]?.id ?? null;
    };
    expect(await claimAs(1)).toBeNull();
    expect((await claim())?.id).toBe('deploy');
    await pool.query(`UPDATE work SET lease_until = now() - interval '1 s' WHERE id = 'deploy'`);
    expect(await claimAs(1)).toBeNull();
    expect(await claim()).toMatchObject({ id: 'deploy', fence: 2n });
  });

  it('cannot come of a task that a new replica began, whose events an older one cannot read', async () => {
    await olderEnqueue('older deploy', rolloutKey(web));
    expect((await claim())?.id).toBe('older deploy');
    await pool.query(`UPDATE work SET lease_until = now() - interval '1 s' WHERE id = 'older deploy'`);
    expect(await olderClaim()).toBeNull();
    expect(await claim()).toMatchObject({ id: 'older deploy', fence: 2n });
  });
});
