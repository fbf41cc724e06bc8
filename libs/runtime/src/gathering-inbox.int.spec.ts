import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createPool, messagingTables, migrate, type Pool, type Transaction } from '#libs/postgres';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { gatheringInbox } from './transactional-inbox.js';

const schema = 'gathering';
let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, schema, applicationName: 'test' });
  await migrate(pool, { schema, sets: [messagingTables] });
  await pool.query('CREATE TABLE done (id text PRIMARY KEY)');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

let transactions: string[][];
let noted: WeakMap<Transaction, string[]>;
beforeEach(async () => {
  await pool.query('TRUNCATE inbox, done');
  transactions = [];
  noted = new WeakMap();
});

const inbox = () =>
  gatheringInbox(pool, async (tx) => {
    const ids = noted.get(tx) ?? [];
    transactions.push(ids);
    for (const id of ids) await tx.query('INSERT INTO done (id) VALUES ($1)', [id]);
  });

/** A chunk of a partition, whose messages are only noted. */
function run(of: ReturnType<typeof inbox>, ...ids: string[]): Promise<void> {
  return of.run(
    'consumer',
    ids.map((id) => ({ id })),
    (index, tx) => {
      const id = ids[index] ?? '';
      if (id === 'poison') return Promise.reject(new TypeError('poison'));
      noted.set(tx as Transaction, [...(noted.get(tx as Transaction) ?? []), id]);
      return Promise.resolve();
    },
  );
}

const done = async (): Promise<readonly string[]> =>
  (await pool.query<{ id: string }>('SELECT id FROM done ORDER BY id')).rows.map(({ id }) => id);

it('chunks of other partitions that come during a transaction share the next one', async () => {
  const gathering = inbox();
  await Promise.all([
    run(gathering, 'a1', 'a2'),
    run(gathering, 'b1'),
    run(gathering, 'c1', 'c2'),
    run(gathering, 'd1'),
  ]);
  expect(transactions).toEqual([
    ['a1', 'a2'],
    ['b1', 'c1', 'c2', 'd1'],
  ]);
  expect(await done()).toEqual(['a1', 'a2', 'b1', 'c1', 'c2', 'd1']);
});

it('a message that was handled before is skipped, also one that comes twice in a transaction', async () => {
  const gathering = inbox();
  await Promise.all([run(gathering, 'a'), run(gathering, 'b', 'a'), run(gathering, 'b')]);
  expect(transactions).toEqual([['a'], ['b']]);
});

it('a message that fails fails its own chunk, and none that shared its transaction', async () => {
  const gathering = inbox();
  const ended = await Promise.allSettled([
    run(gathering, 'a'),
    run(gathering, 'b', 'poison'),
    run(gathering, 'c'),
  ]);
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await done()).toEqual(['a', 'c']);
  await run(gathering, 'b');
  expect(await done()).toEqual(['a', 'b', 'c']);
});

it('what a failed transaction had noted is not settled by the next one', async () => {
  const gathering = inbox();
  await expect(run(gathering, 'lost', 'poison')).rejects.toThrow('poison');
  await run(gathering, 'next');
  expect(await done()).toEqual(['next']);
});

it('more messages than one transaction takes are several, in their order', async () => {
  const gathering = inbox();
  const ids = (partition: string): string[] => Array.from({ length: 40 }, (_, n) => `${partition}${n}`);
  await Promise.all(['first', 'a', 'b', 'c'].map((partition) => run(gathering, ...ids(partition))));
  expect(transactions.map((of) => of.length)).toEqual([40, 80, 40]);
});
