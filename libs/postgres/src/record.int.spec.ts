import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import {
  ConcurrencyError,
  EventStore,
  eventTables,
  Inbox,
  messagingTables,
  migrate,
  type Pool,
  transaction,
  workTables,
} from './index.js';

const schema = 'record';
const sets = [messagingTables, eventTables, workTables];
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase({ schema });
  ({ pool } = database);
});
afterAll(() => database.drop());

describe('migrate', () => {
  it('lets several replicas start at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => migrate(pool, { schema, sets })));
    const { rows } = await pool.query('SELECT DISTINCT set_name FROM migrations ORDER BY set_name');
    expect(rows.map((r: { set_name: string }) => r.set_name)).toEqual(['events', 'messaging', 'work']);
  });

  it('refuses a database that is newer than the code', async () => {
    await pool.query(`INSERT INTO migrations (set_name, file) VALUES ('work', '9999_later.sql')`);
    await expect(migrate(pool, { schema, sets })).rejects.toMatchObject({
      code: 'DATABASE_IS_NEWER',
      details: { files: '9999_later.sql' },
    });
    await pool.query(`DELETE FROM migrations WHERE file = '9999_later.sql'`);
  });

  it('refuses a schema name that is not one', async () => {
    await expect(migrate(pool, { schema: 'a; drop', sets })).rejects.toMatchObject({
      code: 'SCHEMA_NAME_INVALID',
    });
  });
});

describe('EventStore', () => {
  const store = new EventStore();
  const append = (stream: string, version: number, ...types: string[]) =>
    transaction(pool, (tx) =>
      store.append(
        tx,
        stream,
        version,
        types.map((type) => ({ type, data: { n: type } })),
        { replica: 'r1' },
      ),
    );

  it('reads what was appended, in order, with versions from 1', async () => {
    expect(await append('a', 0, 'One', 'Two')).toBe(2);
    expect(await append('a', 2, 'Three')).toBe(3);
    const events = await store.read(pool, 'a');
    expect(events.map((e) => [e.version, e.type, e.data, e.replica])).toEqual([
      [1, 'One', { n: 'One' }, 'r1'],
      [2, 'Two', { n: 'Two' }, 'r1'],
      [3, 'Three', { n: 'Three' }, 'r1'],
    ]);
  });

  it.each([0, 1, 3])('refuses an append that expects version %i of a stream at 2', async (version) => {
    const stream = `stale-${version}`;
    await append(stream, 0, 'One', 'Two');
    await expect(append(stream, version, 'Late')).rejects.toBeInstanceOf(ConcurrencyError);
    expect(await store.read(pool, stream)).toHaveLength(2);
  });

  it('lets exactly one of many concurrent appends through', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => append('race', 0, `By${n}`)),
    );
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
    expect(await store.read(pool, 'race')).toHaveLength(1);
  });
});

describe('Inbox', () => {
  it('records a message once per consumer, and not when its transaction fails', async () => {
    const inbox = new Inbox();
    const record = async (consumer: string, ...ids: string[]) => [
      ...(await transaction(pool, (tx) => inbox.record(tx, consumer, ids))),
    ];
    const failing = transaction(pool, async (tx) => {
      await inbox.record(tx, 'a', ['m1']);
      throw new Error('handler');
    });
    await expect(failing).rejects.toThrow('handler');
    expect(await record('a', 'm1')).toEqual(['m1']);
    expect(await record('a', 'm0', 'm1', 'm2', 'm2')).toEqual(['m0', 'm2']);
    expect(await record('b', 'm1')).toEqual(['m1']);
  });
});
