import { afterAll, beforeAll, expect, it } from 'vitest';
import { appPool, createTestDatabase, type TestDatabase, until } from '#libs/testing';
import { Leadership } from './leadership.js';

let database: TestDatabase;
let sessions: ReturnType<typeof appPool>;
beforeAll(async () => {
  database = await createTestDatabase({ roles: true });
  sessions = appPool(database, 'load-balancer');
});
afterAll(async () => {
  await sessions.end();
  await database.drop();
});

it('one leads at a time, until it ends or its session does', async () => {
  const [one, other] = [new Leadership(sessions, 'lock'), new Leadership(sessions, 'lock')];
  expect(await one.leads()).toBe(true);
  expect(await one.leads()).toBe(true);
  expect(await other.leads()).toBe(false);
  await one.end();
  expect(await other.leads()).toBe(true);
  await database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
     WHERE locktype = 'advisory' AND datname = current_database()`,
  );
  await expect(other.leads()).rejects.toThrow();
  await until('the lock to be free', () => one.leads(), { timeoutMs: 10_000 });
  expect(await other.leads()).toBe(false);
  await Promise.all([one.end(), other.end()]);
});
