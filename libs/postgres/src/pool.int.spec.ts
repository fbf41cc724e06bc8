import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, until, type TestDatabase } from '#libs/testing';
import {
  createPool,
  TransactionAbortedError,
  type Pool,
  together,
  type Transaction,
  transaction,
} from './index.js';

let database: TestDatabase;
let pool: Pool;
let admin: Pool;

beforeAll(async () => {
  database = await createTestDatabase({ schema: 'public', max: 1 });
  ({ pool } = database);
  admin = createPool({ url: database.url, schema: 'public', applicationName: 'admin', max: 1 });
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

async function cut(tx: Transaction): Promise<void> {
  const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
  await until('the session to end', async () => {
    const { rowCount } = await admin.query('SELECT FROM pg_stat_activity WHERE pid = $1', [rows[0]?.pid]);
    return rowCount === 0;
  });
}

describe('a query of the pool', () => {
  it('says that the database is away, and nothing else, when its session is ended', async () => {
    const own = createPool({ url: database.url, schema: 'public', applicationName: 'ended', max: 1 });
    const waiting = own.query('SELECT pg_sleep(30)');
    const ended = expect(waiting).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await until('the session to be ended', async () => {
      const sql = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ended' AND state = 'active'`;
      return (await admin.query(sql)).rowCount === 1;
    });
    await ended;
    await expect(own.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await own.end();
  });

  it('says so too where nothing listens', async () => {
    const url = 'postgres://nobody@127.0.0.1:1/nothing';
    const nowhere = createPool({ url, schema: 'public', applicationName: 'nowhere' });
    await expect(nowhere.query('SELECT 1')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await nowhere.end();
  });
});

describe('a statement with values', () => {
  const sql = 'SELECT $1::int + 1 AS n';
  const prepared = async (db: Pool | Transaction): Promise<number> => {
    const count = 'SELECT count(*)::integer AS n FROM pg_prepared_statements WHERE statement = $1';
    return (await db.query<{ n: number }>(count, [sql])).rows[0]?.n ?? 0;
  };

  it('is planned by its connection once, whoever makes it', async () => {
    for (const n of [1, 2, 3]) expect((await pool.query(sql, [n])).rows).toEqual([{ n: n + 1 }]);
    expect(await prepared(pool)).toBe(1);
    await transaction(pool, async (tx) => {
      const [one, two] = await together(tx.query(sql, [10]), tx.query(sql, [20]));
      expect([...one.rows, ...two.rows]).toEqual([{ n: 11 }, { n: 21 }]);
      expect(await prepared(tx)).toBe(1);
    });
  });

  it('that was first made where a transaction had failed already works on the same connection later', async () => {
    const late = 'SELECT $1::text AS said';
    const failing = transaction(pool, (tx) =>
      together(tx.query('SELECT 1 / $1::int', [0]), tx.query(late, ['no']), tx.query(late, ['no'])),
    );
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect((await pool.query(late, ['yes'])).rows).toEqual([{ said: 'yes' }]);
  });
});

describe('statements of one turn', () => {
  it('leave in one write', async () => {
    const client = await pool.connect();
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    await client.query('SELECT 1');
    const sent = vi.spyOn(stream as unknown as { _writev: () => void }, '_writev');
    try {
      await together(...[1, 2, 3].map((n) => client.query('SELECT $1::int', [n])));
      expect(sent).toHaveBeenCalledTimes(1);
    } finally {
      sent.mockRestore();
      client.release();
    }
  });
});

describe('transaction', () => {
  it('rejects, and does not end the process, when its connection is cut between two queries', async () => {
    const crashes: unknown[] = [];
    const note = (error: unknown) => crashes.push(error);
    const own = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', note);
    try {
      const broken = transaction(pool, async (tx) => {
        await cut(tx);
        await tx.query('SELECT 1');
      });
      await expect(broken).rejects.toThrow();
    } finally {
      process.removeAllListeners('uncaughtException');
      own.forEach((listener) => process.on('uncaughtException', listener));
    }
    expect(crashes).toEqual([]);
  });

  it('does not say committed when a failed statement was swallowed', async () => {
    await pool.query('CREATE TABLE kept (n int)');
    const swallowing = transaction(pool, async (tx) => {
      await tx.query('INSERT INTO kept VALUES (1)');
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(swallowing).rejects.toBeInstanceOf(TransactionAbortedError);
    expect((await pool.query('SELECT FROM kept')).rowCount).toBe(0);
  });

  it('gives the next caller a connection that works after one was cut', async () => {
    await expect(transaction(pool, cut)).rejects.toThrow();
    const { rows } = await transaction(pool, (tx) => tx.query<{ one: number }>('SELECT 1 AS one'));
    expect(rows).toEqual([{ one: 1 }]);
  });
});

describe('statements that are sent together', () => {
  const count = async (): Promise<unknown> => (await pool.query('SELECT count(*)::int FROM sent')).rows[0];
  beforeAll(() => pool.query('CREATE TABLE IF NOT EXISTS sent (n integer PRIMARY KEY)'));

  it('are done in their order, each with its own answer', async () => {
    const answers = await transaction(pool, (tx) =>
      together(
        tx.query('INSERT INTO sent VALUES (1), (2)').then(({ rowCount }) => rowCount),
        tx.query<{ n: number }>('SELECT max(n) AS n FROM sent').then(({ rows }) => rows[0]?.n),
        tx.query('DELETE FROM sent').then(({ rowCount }) => rowCount),
      ),
    );
    expect(answers).toEqual([2, 2, 2]);
  });

  it('say the first fault, and nothing of them is done, not even what was to follow one of them', async () => {
    const slow = async (tx: Transaction): Promise<void> => {
      await tx.query('SELECT pg_sleep(0.1)');
      await tx.query('INSERT INTO sent VALUES (9)');
    };
    const work = transaction(pool, (tx) =>
      together(
        Promise.reject(new Error('the lease is lost')),
        tx.query('INSERT INTO sent VALUES (8)'),
        slow(tx),
      ),
    );
    await expect(work).rejects.toThrow('the lease is lost');
    expect(await count()).toEqual({ count: 0 });
  });
});
