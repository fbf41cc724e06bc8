import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import {
  deleteOld,
  finishedWork,
  handledMessages,
  messagingTables,
  type Pool,
  transaction,
  WorkQueue,
  workTables,
} from './index.js';

const schema = 'retention';
const DAY_MS = 86_400_000;
let database: TestDatabase;
let pool: Pool;
const work = new WorkQueue();

beforeAll(async () => {
  database = await createTestDatabase({ schema, sets: [messagingTables, workTables] });
  ({ pool } = database);
});
beforeEach(() => pool.query('TRUNCATE work, work_turns, inbox'));
afterAll(() => database.drop());

async function handled(count: number, days: number): Promise<void> {
  await pool.query(
    `INSERT INTO inbox (consumer, message_id, handled_at)
     SELECT 'c', $2::integer || '-' || n, now() - $2::integer * interval '1 day' FROM generate_series(1, $1::integer) n`,
    [count, days],
  );
}
async function idsOf(column: string, table: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(`SELECT ${column} AS id FROM ${table} ORDER BY 1`);
  return rows.map((row) => row.id);
}

describe('retention', () => {
  it('deletes messages handled before it, in as many batches as it takes, and keeps the others', async () => {
    await handled(25, 8);
    await handled(3, 6);
    expect(await deleteOld(pool, handledMessages(7 * DAY_MS), { batch: 10 })).toBe(25);
    expect(await idsOf('message_id', 'inbox')).toEqual(['6-1', '6-2', '6-3']);
    expect(await deleteOld(pool, handledMessages(7 * DAY_MS), { batch: 10 })).toBe(0);
  });

  it('deletes finished work only, however old the rest is', async () => {
    for (const id of ['finished', 'fresh', 'running', 'parked', 'ready'])
      await transaction(pool, (tx) => work.enqueue(tx, { id, key: id }));
    for (const id of ['finished', 'fresh', 'running', 'parked']) {
      const held = await work.claim(pool, { owner: 'one', leaseMs: 60_000 });
      if (held?.id !== id) throw new Error(`${held?.id} instead of ${id}`);
      if (id.startsWith('f')) await transaction(pool, (tx) => work.finish(tx, held));
      if (id === 'parked') await transaction(pool, (tx) => work.park(tx, held));
    }
    await pool.query(`UPDATE work SET due_at = now() - interval '9 days' WHERE id <> 'parked'`);
    await pool.query(`UPDATE work SET finished_at = now() - interval '9 days' WHERE id = 'finished'`);
    expect(await deleteOld(pool, finishedWork(7 * DAY_MS))).toBe(1);
    expect(await idsOf('id', 'work')).toEqual(['fresh', 'parked', 'ready', 'running']);
  });

  it('two replicas at once neither wait for each other nor count a row twice', async () => {
    await handled(500, 8);
    const rule = handledMessages(7 * DAY_MS);
    const counts = await Promise.all([1, 2, 3].map(() => deleteOld(pool, rule, { batch: 20 })));
    const rest = await deleteOld(pool, rule);
    expect(counts.reduce((sum, n) => sum + n, rest)).toBe(500);
    expect(await idsOf('message_id', 'inbox')).toEqual([]);
  });

  it('stops between two batches when it is told to', async () => {
    await handled(30, 8);
    const stop = new AbortController();
    const counting = new Proxy(pool, {
      get: (target, name, self) => {
        if (name === 'query') stop.abort();
        const value: unknown = Reflect.get(target, name, self);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const rule = handledMessages(7 * DAY_MS);
    expect(await deleteOld(counting, rule, { batch: 10, signal: stop.signal })).toBe(10);
    expect(await idsOf('message_id', 'inbox')).toHaveLength(20);
  });
});
