import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { createPool, migrate, type Pool, transaction, WorkQueue, workTables } from './index.js';

const schema = 'backlog';
const ROWS = 20_000;
/** A claim of one row reads about 40 blocks; a plan that reads the backlog reads hundreds at 20,000 rows. */
const MOST_BLOCKS = 120;
let database: TestDatabase;
let pool: Pool;
const work = new WorkQueue();

beforeAll(async () => {
  database = await createTestDatabase({ schema, max: 1 });
  ({ pool } = database);
});
beforeEach(async () => {
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await migrate(pool, { schema, sets: [workTables] });
  // While a session reads tables for their statistics, VACUUM leaves dead rows there.
  await pool.query('ALTER TABLE work SET (autovacuum_enabled = off)');
  await pool.query('ALTER TABLE work_turns SET (autovacuum_enabled = off)');
});
afterAll(() => database.drop());

/** As enqueue does it, many at once. */
async function enqueueMany(prefix: string, count: number, key: string, dueAt = 'now()'): Promise<void> {
  await pool.query(
    `WITH added AS (
       INSERT INTO work (id, key, due_at)
       SELECT '${prefix}' || n, ${key}, ${dueAt} FROM generate_series(1, $1::integer) n RETURNING key)
     INSERT INTO work_turns (rank, key) SELECT 1, key FROM added`,
    [count],
  );
}
const claim = () => work.claim(pool, { owner: 'one', leaseMs: 60_000 });

/** Blocks that one claim reads, after all turns were given and autovacuum removed what is left of their entries. */
async function blocksOfAClaim(): Promise<number> {
  await pool.query('SELECT work_give_turns(1000000)');
  await pool.query('VACUUM work_turns');
  const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM work_claim('one', interval '1 minute', false, 1::smallint)`,
  );
  const plan = rows[0]?.['QUERY PLAN'][0].Plan ?? {};
  return (plan['Shared Hit Blocks'] ?? NaN) + (plan['Shared Read Blocks'] ?? NaN);
}

describe('a claim from a long queue', () => {
  it.each([
    ['of different keys', `'k' || n`, 'now()'],
    ['of few keys', `'k' || n % 3`, 'now()'],
    ['that is parked', `'k' || n`, `now() + interval '1 hour'`],
  ])('reads no more than from a short one: work %s', async (_, key, dueAt) => {
    // The session plans while the table is small, and nobody tells it that it grew.
    await enqueueMany('early', 30, `'e' || n`);
    for (let n = 0; n < 20; n += 1) await claim();
    await enqueueMany('w', ROWS, key, dueAt);
    expect(await blocksOfAClaim()).toBeLessThan(MOST_BLOCKS);
    expect(await blocksOfAClaim()).toBeLessThan(MOST_BLOCKS);
  });

  it('reads nothing of what was done', async () => {
    await enqueueMany('w', ROWS, `'k' || n`);
    await pool.query(`DELETE FROM work_turns`);
    await pool.query(`UPDATE work SET state = 'done', finished_at = now()`);
    await pool.query('VACUUM work, work_turns');
    await enqueueMany('new', 1, `'k1'`);
    expect(await blocksOfAClaim()).toBeLessThan(MOST_BLOCKS);
  });

  it('finds nothing as quickly where all keys are busy', async () => {
    await enqueueMany('w', ROWS, `'k' || n % 3`);
    for (let n = 0; n < 3; n += 1) expect(await claim()).toBeDefined();
    expect(await blocksOfAClaim()).toBeLessThan(MOST_BLOCKS);
    expect(await claim()).toBeUndefined();
  });
});

describe('a late commit', () => {
  it('goes before a later unit of its key that nobody has begun', async () => {
    const early = createPool({ url: database.url, schema, applicationName: 'early', max: 1 });
    await transaction(early, async (tx) => {
      await work.enqueue(tx, { id: 'a1', key: 'a' });
      await transaction(pool, (other) => work.enqueue(other, { id: 'a2', key: 'a' }));
      await pool.query('SELECT work_give_turns(10)');
    });
    await early.end();
    expect((await claim())?.id).toBe('a1');
    expect(await claim()).toBeUndefined();
  });
});

describe('work from before turns', () => {
  it('goes on where it was: what ran is still held, the rest follows in its order', async () => {
    const before = await mkdtemp(join(tmpdir(), 'slipway-migrations-'));
    await copyFile(join(workTables.directory, '0001_work.sql'), join(before, '0001_work.sql'));
    await pool.query(`DROP SCHEMA ${schema} CASCADE`);
    await migrate(pool, { schema, sets: [{ name: 'work', directory: before }] });
    await rm(before, { recursive: true });
    await pool.query(
      `INSERT INTO work (id, key, state, fence, owner, lease_until) VALUES
         ('a0', 'a', 'done', 1, NULL, NULL), ('a1', 'a', 'running', 2, 'one', now() + interval '1 hour'),
         ('a2', 'a', 'ready', 0, NULL, NULL), ('a3', 'a', 'ready', 0, NULL, NULL),
         ('b1', 'b', 'ready', 0, NULL, NULL), ('b2', 'b', 'ready', 0, NULL, NULL),
         ('c1', 'c', 'waiting', 1, NULL, NULL)`,
    );
    await pool.query(`UPDATE work SET due_at = 'infinity' WHERE id = 'c1'`);
    await migrate(pool, { schema, sets: [workTables] });
    const b1 = await claim();
    expect(b1?.id).toBe('b1');
    expect(await claim()).toBeUndefined();
    await transaction(pool, (tx) => work.finish(tx, { id: 'a1', fence: 2n }));
    expect((await claim())?.id).toBe('a2');
    await transaction(pool, (tx) => work.wake(tx, 'c1'));
    expect((await claim())?.id).toBe('c1');
    if (b1 !== undefined) await transaction(pool, (tx) => work.finish(tx, b1));
    expect((await claim())?.id).toBe('b2');
  });
});
