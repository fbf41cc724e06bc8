import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { evictionRequested, type EvictionRequest } from '#libs/contracts';
import { EventStore, Outbox, transaction, WorkQueue } from '#libs/postgres';
import type { TestDatabase } from '#libs/testing';
import { PostgresIntake } from '../../requests/adapters/request-intake.js';
import { PostgresNodeRequests } from '../../rollout/adapters/node-requests.js';
import { PostgresNewTasks } from '../../task/adapters/new-tasks.js';
import { createDeployerDatabase } from '../../task/database.testing.js';
import { PostgresEvictions } from './evictions.js';

let database: TestDatabase;
let evictions: PostgresEvictions;
beforeAll(async () => {
  database = await createDeployerDatabase();
  const { pool } = database;
  const clock = { now: () => new Date('2026-01-01T00:00:00.000Z') };
  const parts = { pool, outbox: new Outbox(), work: new WorkQueue(), clock, replica: 'test' };
  const tasks = new PostgresNewTasks({ ...parts, events: new EventStore() });
  const intake = new PostgresIntake({ ...parts, tasks, replyTopics: [], defaultDeadlineMs: 1_000 });
  evictions = new PostgresEvictions({ ...parts, intake });
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE instances, node_requests, node_sweeps, outbox, tasks, requests, work, events CASCADE',
  );
  await database.pool.query(
    `INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id)
     VALUES ('web-0', 't/web', 'low', 'web', 'node-1', 'c', '{"appName": "Low"}', '{}', 'r')`,
  );
});

const asked = (changes: Partial<EvictionRequest> = {}): EvictionRequest =>
  evictionRequested.schema.parse({
    ...evictionRequested.example,
    ...{ appId: 'low', service: 'web', victim: { instance: 'web-0', node: 'node-1' } },
    ...changes,
  });
const take = (request: EvictionRequest): Promise<void> =>
  transaction(database.pool, (tx) => evictions.take(tx, request));
const tasks = async (): Promise<readonly { token: string }[]> =>
  (await database.pool.query<{ token: string }>('SELECT token FROM tasks')).rows;

it('an instance that is to make room is stopped by one request of our own; its application is told before, not that it has', async () => {
  await take(asked());
  await take(asked());
  const [task, ...more] = await tasks();
  expect(more).toEqual([]);
  expect(task?.token).toMatch(/^repair-/);
  const { rows } = await database.pool.query<{ data: Record<string, unknown> }>(
    `SELECT data FROM outbox WHERE data ->> 'event' = 'InstanceEvicting'`,
  );
  const { preemptor } = asked();
  expect(rows[0]?.data).toMatchObject({
    ...{ token: task?.token, appId: 'low', service: 'web', node: 'node-1' },
    data: {
      ...{ instance: 'web-0', preemptor, repair: task?.token },
      notes: ['web-0 is to make room for shop/web with priority 50.'],
    },
  });
  const accepted = await database.pool.query<{ data: { data?: { scale?: object } } }>(
    `SELECT data FROM outbox WHERE data ->> 'event' = 'TaskAccepted'`,
  );
  expect(accepted.rows[0]?.data.data?.scale).toMatchObject({ repairs: 'web-0', makesRoomFor: preemptor });
});

it.each<[string, Partial<EvictionRequest>, string | undefined]>([
  ['is unknown', { victim: { instance: 'web-1', node: 'node-1' } }, undefined],
  ['is on another node', { victim: { instance: 'web-0', node: 'node-2' } }, undefined],
  ['is of another application', { appId: 'other' }, undefined],
  ['is being stopped already', {}, `UPDATE instances SET state = 'draining'`],
])('of an instance that %s, nothing is asked', async (_what, changes, change) => {
  if (change !== undefined) await database.pool.query(change);
  await take(asked(changes));
  expect(await tasks()).toEqual([]);
});

it('room is awaited until the node request is answered, or its task has ended', async () => {
  const { pool } = database;
  const requests = new PostgresNodeRequests(pool);
  const isAwaited = () => requests.isAwaited('ask-1');
  expect(await isAwaited()).toBe(false);
  await pool.query(
    `INSERT INTO requests (token, request, reply_topic, open_tasks) VALUES ('order', '{}', 'replies', 1)`,
  );
  await pool.query(
    `INSERT INTO tasks (id, token, position, service) VALUES ('order/web', 'order', 0, 'web')`,
  );
  await pool.query(`INSERT INTO node_requests (access_token, task_id) VALUES ('ask-1', 'order/web')`);
  expect(await isAwaited()).toBe(true);
  await pool.query(`UPDATE tasks SET result = '{}'`);
  expect(await isAwaited()).toBe(false);
  await pool.query(`UPDATE tasks SET result = NULL`);
  await pool.query(`UPDATE node_requests SET answer = '{}'`);
  expect(await isAwaited()).toBe(false);
});
