import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventStore, Outbox, transaction, WorkQueue } from '#libs/postgres';
import type { TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../../task/database.testing.js';
import { PostgresNewTasks } from '../../task/adapters/new-tasks.js';
import { PostgresIntake } from './request-intake.js';
import { PostgresTaskRequests } from './task-requests.js';

let database: TestDatabase;
let intake: PostgresIntake;
let requests: PostgresTaskRequests;

beforeAll(async () => {
  database = await createDeployerDatabase();
  const { pool } = database;
  const parts = { pool, outbox: new Outbox(), work: new WorkQueue(), clock: { now: () => new Date(0) } };
  const tasks = new PostgresNewTasks({ ...parts, events: new EventStore(), replica: 'test' });
  intake = new PostgresIntake({ ...parts, tasks, replyTopics: [], defaultDeadlineMs: 1_000 });
  requests = new PostgresTaskRequests(pool, parts.outbox);
});
afterAll(() => database.drop());

const shop = { appId: 'shop', appName: 'Shop', services: [{ name: 'web' }] };
const take = (request: object, origin: object) =>
  transaction(database.pool, (tx) => intake.accept(tx, { ...shop, ...request } as never, origin));

it('a cancel was attributed to nobody: its task knows who cancelled first, and whether that is proven', async () => {
  await take({ token: 't', mode: 'stop' }, { principal: 'ada' });
  expect(await requests.cancelledBy('t')).toBeUndefined();
  await take({ token: 'c1', mode: 'cancel', services: [], cancels: 't', principal: 'bob' }, {});
  await take({ token: 'c2', mode: 'cancel', services: [], cancels: 't' }, { principal: 'eve' });
  const first = { principal: 'bob', verified: false };
  expect(await requests.cancelledBy('t')).toEqual(first);
  expect((await requests.ofTask('t/web')).cancelledBy).toEqual(first);
});

it('a cancel that a replica of the version before took in is one, by nobody that is known', async () => {
  await take({ token: 'older', mode: 'stop' }, {});
  await database.pool.query(`UPDATE requests SET cancelled_at = now() WHERE token = 'older'`);
  expect(await requests.cancelledBy('older')).toEqual({});
});
