import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pool } from '#libs/postgres';
import { explained, type PlanNode, type TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../../task/database.testing.js';
import { PostgresReleaseRecords } from './release-records.js';

const RELEASES = 500;
const DONE = 20_000;
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
  await pool.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release)
     SELECT n, 'shop', 's' || n, n, jsonb_build_object('image', n) FROM generate_series(1, $1) AS n`,
    [RELEASES],
  );
  await pool.query(
    `INSERT INTO work (id, key, state, finished_at)
     SELECT n, 'shop/s' || n % 500, 'done', now() FROM generate_series(1, $1) AS n`,
    [DONE],
  );
  await pool.query(
    `INSERT INTO work (id, key, state) VALUES ('b', 'build shop/s1', 'ready'), ('r', 'shop/s2', 'queued')`,
  );
  await pool.query('ANALYZE');
});
afterAll(() => database.drop());

/** By which indexes the statement that a call makes reads work; `Seq Scan` where by none. */
async function readsOfWork(
  call: (records: PostgresReleaseRecords) => Promise<unknown>,
): Promise<readonly string[]> {
  const read: PlanNode[] = [];
  const explaining = {
    async query(sql: string, values: unknown[]) {
      read.push(...(await explained(pool, sql, values)));
      return { rows: [], rowCount: 0 };
    },
  };
  await call(new PostgresReleaseRecords(explaining as unknown as Pool));
  // A bitmap's heap is read by its index, which is a node of its own.
  return read
    .filter((node) => node['Node Type'] !== 'Bitmap Heap Scan')
    .filter((node) => node['Relation Name'] === 'work' || node['Index Name']?.startsWith('work_'))
    .map((node) => node['Index Name'] ?? node['Node Type']);
}

describe('the retention of releases beside much work that is done', () => {
  const now = new Date();
  it.each([
    ['what lives', (records: PostgresReleaseRecords) => records.live()],
    ['what is retired', (records: PostgresReleaseRecords) => records.retire(['1'], now)],
    ['what can be deleted', (records: PostgresReleaseRecords) => records.retiredBefore(now)],
    ['one that can be deleted', (records: PostgresReleaseRecords) => records.isRetired('1', now)],
  ])('reads none of that for %s, only unfinished work by its indexes', async (_, call) => {
    const reads = new Set(await readsOfWork(call));
    expect(reads).toEqual(new Set(['work_turn', 'work_queued']));
  });

  it('finds what is built or rolled out in use', async () => {
    const live = await new PostgresReleaseRecords(pool).live();
    expect(live.filter(({ inUse }) => inUse).map(({ id }) => id)).toEqual(['1', '2']);
  });
});

it('an image that somebody else built is never deleted, also where it lies in the registry of ours', async () => {
  const add = (id: string, runtime: string) =>
    pool.query(
      `INSERT INTO releases (id, app_id, service, source_digest, release, retired_at)
       VALUES ($1, 'retired', 'web', $1, jsonb_build_object('image', $1::text, 'config', jsonb_build_object('runtime', $2::text)), now())`,
      [id, runtime],
    );
  await add('ours', 'node');
  await add('theirs', 'image');
  const records = new PostgresReleaseRecords(pool);
  const later = new Date(Date.now() + 60_000);
  expect(await records.retiredBefore(later)).toEqual(['ours']);
  expect(await records.isRetired('theirs', later)).toBe(false);
});
