import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, until, type TestDatabase } from '#libs/testing';
import { tryAdvisoryLock } from './advisory-lock.js';
import {
  createPool,
  Listener,
  messagingTables,
  Outbox,
  OutboxRelay,
  type OutboxRow,
  type Pool,
  transaction,
} from './index.js';

const schema = 'relay';
let database: TestDatabase;
let pool: Pool;
let listener: Listener;
const outbox = new Outbox();
let published: string[] = [];
const relays: OutboxRelay[] = [];
const errors: unknown[] = [];

const NOTHING_HELD = Promise.resolve(new Set<string>());
const publish = (rows: readonly OutboxRow[]): Promise<ReadonlySet<string>> => {
  published.push(...rows.map((r) => String((r.data as { n: string }).n)));
  return NOTHING_HELD;
};

/** The poll is far away, so that what arrives soon was woken. */
async function startRelay(publishTo: typeof publish = publish, pollMs = 600_000): Promise<OutboxRelay> {
  const relay = new OutboxRelay({
    sessions: pool,
    listener,
    schema,
    publish: publishTo,
    onError: (e) => errors.push(e),
    pollMs,
  });
  relays.push(relay);
  await relay.start();
  return relay;
}

const message = (n: string, key = 'k') => ({ topic: 't', key, type: 'x', data: { n } });
const add = (...names: string[]) =>
  transaction(pool, (tx) =>
    outbox.add(
      tx,
      names.map((n) => message(n)),
    ),
  );
const waiting = async () =>
  Number((await pool.query<{ n: string }>('SELECT count(*) AS n FROM outbox')).rows[0]?.n);

beforeAll(async () => {
  database = await createTestDatabase({ schema, sets: [messagingTables] });
  ({ pool } = database);
});
beforeEach(async () => {
  published = [];
  errors.length = 0;
  listener = new Listener({ url: database.url });
  await listener.start();
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await listener.stop();
});
afterAll(() => database.drop());

describe('OutboxRelay', () => {
  it('publishes what was there before it started, then what NOTIFY tells of, in order', async () => {
    await add('before');
    await startRelay();
    await until('the old row', () => published.length === 1);
    await add('a', 'b');
    await add('c');
    await until('the new rows', () => published.length === 4);
    expect(published).toEqual(['before', 'a', 'b', 'c']);
    await until('an empty outbox', async () => (await waiting()) === 0);
  });

  it('publishes what may wait with what may not, in order, and by itself soon', async () => {
    const batches: string[][] = [];
    await startRelay((rows) => {
      batches.push(rows.map(({ data }) => (data as { n: string }).n));
      return NOTHING_HELD;
    });
    const addPatient = (n: string) =>
      transaction(pool, (tx) => outbox.add(tx, [{ ...message(n), mayWait: true }]));
    await addPatient('progress');
    await addPatient('more progress');
    await add('awaited');
    await until('the awaited one', () => batches.flat().length === 3);
    expect(batches).toEqual([['progress', 'more progress', 'awaited']]);
    await addPatient('late progress');
    await until('what nothing came after', () => batches.flat().length === 4);
    await until('an empty outbox', async () => (await waiting()) === 0);
  });

  it('never skips a transaction that began earlier and commits later', async () => {
    await startRelay();
    const early = await pool.connect();
    await early.query('BEGIN');
    await outbox.add(early, [message('early')]);
    await add('late');
    await until('the later one', () => published.includes('late'));
    await early.query('COMMIT');
    early.release();
    await until('the earlier one', () => published.includes('early'));
    expect(published).toEqual(['late', 'early']);
  });

  it('publishes nothing of a transaction that was rolled back', async () => {
    await startRelay();
    const failing = transaction(pool, async (tx) => {
      await outbox.add(tx, [message('ghost')]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await add('real');
    await until('the real one', () => published.length > 0);
    expect(published).toEqual(['real']);
  });

  it('keeps the rows when publishing fails, and sends them again', async () => {
    let broken = true;
    const flaky = (rows: readonly OutboxRow[]) =>
      broken ? Promise.reject(new Error('broker down')) : publish(rows);
    await startRelay(flaky, 20);
    await add('kept');
    await until('the error', () => errors.length > 0);
    expect(await waiting()).toBe(1);
    broken = false;
    await until('the row', () => published.length === 1);
    expect(published).toEqual(['kept']);
  });

  it('rows of a topic that is not available held up all others: they wait, and are sent when it is, in order', async () => {
    const gone = new Set(['gone']);
    const many = Array.from({ length: 450 }, (_, n) => ({ ...message(`gone-${n}`), topic: 'gone' }));
    const told: string[] = [];
    const relay = new OutboxRelay({
      ...{ sessions: pool, listener, schema, pollMs: 20 },
      async publish(rows) {
        await publish(rows.filter(({ topic }) => !gone.has(topic)));
        return new Set(gone);
      },
      onError: (e) => errors.push(e),
      onHeld: (topic) => told.push(`${topic} is held`),
      onReleased: (topic) => told.push(`${topic} is released`),
    });
    relays.push(relay);
    await transaction(pool, (tx) => outbox.add(tx, many));
    await add('behind');
    await relay.start();
    await until('the one behind them', () => published.includes('behind'));
    await add('next');
    await until('the next one', () => published.includes('next'));
    expect(published).toEqual(['behind', 'next']);
    // What was sent leaves the outbox once the brokers have it.
    await until('the others to leave', async () => (await waiting()) === many.length);
    gone.clear();
    await until('an empty outbox', async () => (await waiting()) === 0);
    expect(published.slice(2)).toEqual(many.map(({ data }) => data.n));
    expect(told).toEqual(['gone is held', 'gone is released']);
    expect(errors).toEqual([]);
  });

  it('one relay leads; another takes over when it stops', async () => {
    const by: string[] = [];
    const named = (name: string) => (rows: readonly OutboxRow[]) => {
      by.push(...rows.map(() => name));
      return NOTHING_HELD;
    };
    const first = await startRelay(named('first'));
    await add('1');
    await until('the first', () => by.length === 1);
    await startRelay(named('second'), 20);
    await add('2');
    await until('two', () => by.length === 2);
    await first.stop();
    await add('3');
    await until('three', () => by.length === 3);
    expect(by).toEqual(['first', 'first', 'second']);
  });

  it('a relay that had stopped held its lock for a moment longer', async () => {
    const next = await pool.connect();
    try {
      for (let n = 0; n < 20; n += 1) {
        const relay = await startRelay();
        await add(String(n));
        await until('it to lead', () => published.length === n + 1);
        await relay.stop();
        expect(await tryAdvisoryLock(next, `slipway.outbox.${schema}`)).toBe(true);
        await next.query('SELECT pg_advisory_unlock_all()');
      }
    } finally {
      next.release(true);
    }
  });

  it('keeps the order of each key over many batches and writers', async () => {
    const seen = new Map<string, number[]>();
    await startRelay((rows) => {
      for (const { key, data } of rows)
        seen.set(key, [...(seen.get(key) ?? []), Number((data as { n: string }).n)]);
      return NOTHING_HELD;
    });
    const writer = async (key: string): Promise<void> => {
      for (let n = 0; n < 250; n += 1)
        await transaction(pool, (tx) => outbox.add(tx, [message(String(n), key)]));
    };
    await Promise.all(['a', 'b', 'c'].map(writer));
    const inOrder = Array.from({ length: 250 }, (_, n) => n);
    await until('an empty outbox', async () => (await waiting()) === 0);
    expect([seen.get('a'), seen.get('b'), seen.get('c')]).toEqual([inOrder, inOrder, inOrder]);
  });

  it('gives back a connection that is cut before it leads', async () => {
    const small = createPool({ url: database.url, schema, applicationName: 'small', max: 1 });
    let cuts = 2;
    const connect = async (): Promise<PoolClient> => {
      const client = await small.connect();
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      if (cuts > 0) {
        cuts -= 1;
        client.once('error', () => undefined);
        await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      }
      return client;
    };
    const cutting = new Proxy(small, {
      get: (target, name, self) => (name === 'connect' ? connect : Reflect.get(target, name, self)),
    });
    const relay = new OutboxRelay({
      sessions: cutting,
      listener,
      schema,
      publish,
      onError: (e) => errors.push(e),
      pollMs: 20,
    });
    relays.push(relay);
    await relay.start();
    await add('1');
    await until('the row', () => published.includes('1'));
    await until('an empty outbox', async () => (await waiting()) === 0);
    expect(small.totalCount).toBe(1);
    expect(errors).toHaveLength(2);
    await relay.stop();
    await small.end();
  });

  it('goes on after its connections were cut', async () => {
    await startRelay(publish, 50);
    await add('1');
    await until('one', () => published.length === 1);
    // A row whose deletion is cut is rightly published again.
    await until('its deletion', async () => (await waiting()) === 0);
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await until('a way to write', () =>
      add('2').then(
        () => true,
        () => false,
      ),
    );
    await until('two', () => published.includes('2'));
    expect(published).toEqual(['1', '2']);
  });
});
