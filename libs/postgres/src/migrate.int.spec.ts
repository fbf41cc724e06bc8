import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase, until } from '#libs/testing';
import { createPool, migrate, type Patience, type Pool, transaction } from './index.js';

const schema = 'migrated';
const IMPATIENT: Patience = { lockMs: 200, pauseMs: 20, tries: 2 };
let database: TestDatabase;
let pool: Pool;
let app: Pool;
let directory: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, schema, applicationName: 'test' });
  app = createPool({ url: database.url, schema, applicationName: 'a working app', max: 2 });
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-migrations-'));
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await file('0001_tables.sql', 'CREATE TABLE parents (id integer); CREATE TABLE children (id integer);');
  await start();
});
afterEach(() => rm(directory, { recursive: true }));
afterAll(async () => {
  await Promise.all([pool.end(), app.end()]);
  await database.drop();
});

const file = (name: string, sql: string): Promise<void> => writeFile(join(directory, name), sql);
const start = (patience?: Patience): Promise<void> =>
  migrate(pool, { schema, sets: [{ name: 'test', directory }], patience });
const ADD_COLUMN = 'ALTER TABLE parents ADD COLUMN name text';

async function applied(): Promise<readonly string[]> {
  const { rows } = await pool.query<{ file: string }>('SELECT file FROM migrations ORDER BY file');
  return rows.map((row) => row.file);
}

async function waiting(): Promise<number> {
  const { rowCount } = await app.query(
    `SELECT FROM pg_stat_activity WHERE application_name = 'test' AND wait_event_type = 'Lock'`,
  );
  return rowCount ?? 0;
}

describe('a series of migrations', () => {
  it('that stopped half-way goes on from there at the next start', async () => {
    await file('0002_good.sql', ADD_COLUMN);
    await file('0003_bad.sql', 'ALTER TABLE children ADD COLUMN age integer; SELECT 1 / 0');
    await expect(start()).rejects.toMatchObject({ code: '22012' });
    expect(await applied()).toEqual(['0001_tables.sql', '0002_good.sql']);
    await file('0003_bad.sql', 'ALTER TABLE children ADD COLUMN age integer');
    await start();
    expect(await applied()).toHaveLength(3);
    await pool.query('SELECT p.name, c.age FROM parents p, children c');
  });

  it('holds no lock of one file while it waits for that of the next', async () => {
    await file('0002_parents.sql', ADD_COLUMN);
    await file('0003_children.sql', 'ALTER TABLE children ADD COLUMN age integer');
    let started: Promise<void> | undefined;
    await transaction(app, async (tx) => {
      await tx.query('INSERT INTO children VALUES (1)');
      started = start();
      started.catch(() => undefined);
      await until('the second file to wait', async () => (await waiting()) === 1);
      await tx.query('INSERT INTO parents VALUES (1)');
    });
    await started;
    expect(await applied()).toHaveLength(3);
  });

  it('is applied once by replicas that start together while a table is locked', async () => {
    await file('0002_parents.sql', `${ADD_COLUMN}; INSERT INTO parents VALUES (1)`);
    let started: Promise<unknown> | undefined;
    await transaction(app, async (tx) => {
      await tx.query('LOCK TABLE parents IN ACCESS SHARE MODE');
      started = Promise.all([start(), start(), start()]);
      started.catch(() => undefined);
      await until('one to wait for the table, and two for it', async () => (await waiting()) === 3);
    });
    await started;
    expect((await pool.query('SELECT FROM parents')).rowCount).toBe(1);
  });
});

describe('a table that stays locked', () => {
  it('ends the migration with an error that names the file and who locks it, and lets other work pass', async () => {
    await file('0002_parents.sql', ADD_COLUMN);
    await transaction(app, async (tx) => {
      await tx.query('LOCK TABLE parents IN ACCESS SHARE MODE');
      const started = start({ ...IMPATIENT, tries: 3 });
      started.catch(() => undefined);
      await until('the migration to wait', async () => (await waiting()) === 1);
      // It queues behind the migration, and would until the end of this transaction.
      await app.query('INSERT INTO parents VALUES (1)');
      await expect(started).rejects.toMatchObject({
        code: 'MIGRATION_BLOCKED',
        file: 'test/0002_parents.sql',
        holders: [expect.stringMatching(/^process \d+ of a working app locks parents$/)],
        message: expect.stringMatching(
          /0002_parents\.sql got no lock in 3 tries of 200 ms\. .*a working app/,
        ),
      });
    });
    await start(IMPATIENT);
    expect(await applied()).toHaveLength(2);
  });
});
