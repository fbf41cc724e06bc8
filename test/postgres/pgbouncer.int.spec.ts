import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  Outbox,
  OutboxRelay,
  type Pool,
  together,
  transaction,
  withAdvisoryLock,
  workChannel,
  WorkQueue,
} from '#libs/postgres';
import type { Database } from '#libs/runtime';
import { createTestDatabase, requireEnv, type TestDatabase, until } from '#libs/testing';
import { Ledger } from '../../scripts/one-machine/ledger.js';
import { type PgBouncer, startPgBouncer } from '../../scripts/one-machine/pgbouncer.js';
import { opened, refusal } from './opened.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-pgbouncer-test-'));
let pgbouncer: PgBouncer;
let inSessions: PgBouncer;
let database: TestDatabase;
/** Through PgBouncer in transaction mode. */
let DATABASE_URL: string;
let DATABASE_DIRECT_URL: string;
const databases: Database[] = [];

beforeAll(async () => {
  const url = requireEnv('DATABASE_URL');
  const ledger = new Ledger(join(folder, 'ledger'));
  pgbouncer = await startPgBouncer({ ledger, url, poolSize: 2 });
  inSessions = await startPgBouncer({ ledger, url, poolMode: 'session', poolSize: 20 });
  database = await createTestDatabase();
  DATABASE_DIRECT_URL = database.url;
  DATABASE_URL = pgbouncer.through(database.url);
});
afterEach(async () => {
  for (const one of databases.splice(0)) await one.close();
});
afterAll(async () => {
  await pgbouncer.stop();
  await inSessions.stop();
  await database.drop();
  rmSync(folder, { recursive: true });
});

async function app(
  schema: string,
  env: NodeJS.ProcessEnv = { DATABASE_URL, DATABASE_DIRECT_URL },
): Promise<Database> {
  const one = await opened(env, { schema });
  databases.push(one);
  return one;
}

describe('an app whose DATABASE_URL leads through PgBouncer in transaction mode', () => {
  it('does not start without a direct URL, and says so in one line', async () => {
    expect(await refusal({ DATABASE_URL })).toMatchObject({
      code: 'DATABASE_POOLER',
      message:
        'DATABASE_URL leads to a connection pooler (PgBouncer), where LISTEN and session locks do not hold: set DATABASE_DIRECT_URL to the URL of the Postgres server itself.',
    });
  });

  it('does not start with a direct URL that leads there, too', async () => {
    const { message } = await refusal({ DATABASE_URL, DATABASE_DIRECT_URL: DATABASE_URL });
    expect(message).toMatch(
      /^DATABASE_DIRECT_URL leads to a connection pooler .* set DATABASE_DIRECT_URL to /,
    );
  });

  it('does not start with a direct URL of another database, or of another role', async () => {
    const other = requireEnv('DATABASE_URL');
    expect(await refusal({ DATABASE_URL, DATABASE_DIRECT_URL: other })).toMatchObject({
      message: 'DATABASE_DIRECT_URL names another database than DATABASE_URL.',
    });
    const role = `other_${database.url.slice(-12)}`;
    await database.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x' SUPERUSER`);
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'x'];
    const { message } = await refusal({ DATABASE_URL, DATABASE_DIRECT_URL: url.href });
    await database.pool.query(`DROP ROLE ${role}`);
    expect(message).toBe(
      `DATABASE_DIRECT_URL names another role than DATABASE_URL: ${role} is not ${new URL(DATABASE_URL).username}.`,
    );
  });

  it('takes user and password of the direct URL from the first one', async () => {
    const url = new URL(database.url);
    [url.username, url.password] = ['', ''];
    await app('app', { DATABASE_URL, DATABASE_DIRECT_URL: url.href });
  });

  it('may have a direct URL through PgBouncer in session mode', async () => {
    const { sessions, pool } = await app('app', {
      DATABASE_URL,
      DATABASE_DIRECT_URL: inSessions.through(database.url),
    });
    for (const one of [sessions, pool])
      expect((await one.query('SELECT count(*)::int AS n FROM work')).rows).toEqual([{ n: 0 }]);
  });
});

const count = async (pool: Pool, table: string): Promise<number> =>
  (await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n ?? -1;

describe('two apps of one role on two sessions of PgBouncer', () => {
  it('each see their own tables, in statements, transactions and functions, many at a time', async () => {
    const [one, other] = [await app('first_app'), await app('second_app')];
    const queue = new WorkQueue();
    const add = (pool: Pool, n: number) =>
      transaction(pool, (tx) => queue.enqueue(tx, { id: `id-${n}`, key: `key-${n}` }));
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    await Promise.all(
      numbers.flatMap((n) => [add(one.pool, n), n % 2 === 0 ? add(other.pool, n) : Promise.resolve()]),
    );
    expect([await count(one.pool, 'work'), await count(other.pool, 'work')]).toEqual([40, 20]);
    const claims = await Promise.all(
      numbers.map((n) => queue.claim(other.pool, { owner: `owner-${n}`, leaseMs: 60_000 })),
    );
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(20);
  });

  it('hear what is notified', async () => {
    const { pool, listener } = await app('first_app');
    let heard = 0;
    await listener.subscribe(workChannel('first_app'), () => (heard += 1));
    await transaction(pool, (tx) => new WorkQueue().enqueue(tx, { id: 'heard', key: 'heard' }));
    await until('the notification', () => heard === 1);
  });

  it('publish their outbox by one leader each, and take locks that hold', async () => {
    const [one, same] = [await app('first_app'), await app('first_app')];
    const published: string[] = [];
    const errors: unknown[] = [];
    const publish = (rows: readonly { readonly id: string }[]): Promise<ReadonlySet<string>> => {
      published.push(...rows.map(({ id }) => id));
      return Promise.resolve(new Set());
    };
    const relays = [one, same].map(
      ({ sessions, listener }) =>
        new OutboxRelay({
          ...{ sessions, listener, schema: 'first_app', publish, pollMs: 20 },
          onError: (error) => errors.push(error),
        }),
    );
    for (const relay of relays) await relay.start();
    const ids = Array.from({ length: 30 }, (_, n) => `message-${n}`);
    const message = { topic: 't', key: 'k', type: 'x', data: {} };
    for (const id of ids) await transaction(same.pool, (tx) => new Outbox().add(tx, [{ ...message, id }]));
    await until('an empty outbox', async () => (await count(one.pool, 'outbox')) === 0);
    for (const relay of relays) await relay.stop();
    expect([published, errors]).toEqual([ids, []]);
    const inner = await withAdvisoryLock(one.sessions, 'a lock', () =>
      Promise.all([
        withAdvisoryLock(same.sessions, 'a lock', () => Promise.resolve('in')),
        withAdvisoryLock(same.sessions, 'another', () => Promise.resolve('in')),
      ]),
    );
    expect(inner).toEqual([undefined, 'in']);
  });

  it('leave nothing in the sessions that they share with others', async () => {
    await app('first_app');
    const { pool } = await app('second_app');
    await pool.query('SELECT $1::int', [1]);
    const strangers = [1, 2].map(() => new pg.Client({ connectionString: DATABASE_URL }));
    for (const stranger of strangers) {
      await stranger.connect();
      // Keeps its session, so that the next one gets the other.
      await stranger.query('BEGIN');
    }
    const text = `SELECT current_setting('search_path') AS path, array(SELECT pg_listening_channels()) AS channels,
        (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
        (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`;
    const clean = { path: '"$user", public', channels: [], prepared: 0, locks: 0 };
    for (const stranger of strangers) {
      expect((await stranger.query(text)).rows).toEqual([clean]);
      await stranger.end();
    }
  });

  it('get the error of a statement, and the connection works on', async () => {
    const { pool } = await app('first_app');
    await expect(pool.query('SELECT 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' });
    const both = transaction(pool, (tx) => together(tx.query('SELECT 1 / 0'), tx.query('SELECT 2')));
    await expect(both).rejects.toMatchObject({ code: '22012' });
    expect((await pool.query('SELECT $1::int AS n', [3])).rows).toEqual([{ n: 3 }]);
  });
});
