import { afterAll, beforeAll, expect, it } from 'vitest';
import { handledMessages, messagingTables, type Pool, type Retention } from '#libs/postgres';
import { createLogger } from '#libs/telemetry';
import { createTestDatabase, type TestDatabase, until } from '#libs/testing';
import { createOldRows } from './old-rows.js';

const schema = 'old_rows';
const logger = createLogger({ app: 'test', replica: 'test', level: 'silent' });
const DAY_MS = 86_400_000;

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase({ schema, sets: [messagingTables] });
  ({ pool } = database);
  await pool.query('CREATE TABLE facts (name text, ended_at timestamptz)');
});
afterAll(() => database.drop());

const endedFacts = (keepMs: number): Retention => ({ table: 'facts', column: 'ended_at', keepMs });
const noSuchTable = (keepMs: number): Retention => ({ table: 'nothing', column: 'at', keepMs });

it('several replicas delete the old rows of inbox and app, and keep the others, whatever else cannot be deleted', async () => {
  await pool.query(
    `INSERT INTO inbox SELECT 'c', n::text, now() - n * interval '1 day' FROM generate_series(1, 3000) n`,
  );
  await pool.query(`INSERT INTO facts VALUES ('old', now() - interval '15 days'), ('new', now())`);
  const config = { SLIPWAY_OLD_ROWS_DAYS: 14, SLIPWAY_OLD_ROWS_INTERVAL_MS: DAY_MS };
  const oldRows = [handledMessages, noSuchTable, endedFacts];
  const replicas = [1, 2].map(() => createOldRows({ pool, logger, config }, oldRows));
  replicas.forEach((replica) => replica.start({ atOnce: true }));
  const countOf = async (table: string): Promise<number> =>
    (await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n ?? -1;
  await until('what is old to go', async () => (await countOf('inbox')) < 15 && (await countOf('facts')) < 2);
  await Promise.all(replicas.map((replica) => replica.stop()));
  expect(await countOf('inbox')).toBe(13);
  expect((await pool.query('SELECT name FROM facts')).rows).toEqual([{ name: 'new' }]);
});
