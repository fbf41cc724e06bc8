import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NodeWaiting } from '#libs/contracts';
import { Outbox, transaction, WorkQueue } from '#libs/postgres';
import type { TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../../task/database.testing.js';
import { takeNodeAnswer } from './node-answers.js';
import { PostgresNodeWaits } from './node-waits.js';

let database: TestDatabase;
let waits: PostgresNodeWaits;
beforeAll(async () => {
  database = await createDeployerDatabase();
  const clock = { now: () => new Date('2026-01-01T00:00:00.000Z') };
  waits = new PostgresNodeWaits({ pool: database.pool, outbox: new Outbox(), clock, replica: 'deployer-1' });
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool.query('TRUNCATE node_requests, node_sweeps, outbox, tasks, requests CASCADE');
  await database.pool.query(
    `INSERT INTO requests (token, request, reply_topic, open_tasks) VALUES ('order', '{}', 'replies', 1)`,
  );
  await database.pool.query(
    `INSERT INTO tasks (id, token, position, service) VALUES ('order/web', 'order', 0, 'web')`,
  );
  await database.pool.query(
    `INSERT INTO node_requests (access_token, task_id) SELECT 'ask-' || n, 'order/web' FROM generate_series(1, 3) AS n`,
  );
});

const MINUTE_MS = 60_000;
const waitingOf = (accessToken: string, changes: Partial<NodeWaiting> = {}, priority = 0): NodeWaiting => ({
  ...{ appId: 'shop', service: 'web', request: { accessToken, priority } },
  ...{ since: new Date().toISOString(), until: new Date(Date.now() + MINUTE_MS).toISOString() },
  missing: ['cpu: needs 2 cores, best free 1.4 on node-3 (rules out 3 nodes)'],
  ...changes,
});
const take = (waiting: NodeWaiting): Promise<void> =>
  transaction(database.pool, (tx) => waits.take(tx, waiting));
const answer = (accessToken: string): Promise<void> =>
  transaction(database.pool, (tx) =>
    takeNodeAnswer(tx, new WorkQueue(), { accessToken, appId: 'shop', service: 'web', refusals: [] }),
  );
const told = async (): Promise<readonly unknown[]> =>
  (await database.pool.query<{ data: unknown }>('SELECT data FROM outbox ORDER BY seq')).rows.map(
    ({ data }) => data,
  );
const listed = async (filter = {}): Promise<readonly string[]> =>
  (await waits.list(filter)).map(({ accessToken }) => accessToken);

describe('node requests that wait for room', () => {
  it('are told once, with what is missing, to whoever follows the request', async () => {
    const waiting = waitingOf('ask-1', {}, 5);
    await take(waiting);
    await take(waiting);
    await take(waitingOf('of nobody'));
    const { since, until, missing } = waiting;
    expect(await told()).toEqual([
      {
        ...{ token: 'order', appId: 'shop', service: 'web', event: 'RoomAwaited', version: 0 },
        ...{ at: '2026-01-01T00:00:00.000Z', replica: 'deployer-1' },
        data: {
          ...{ accessToken: 'ask-1', priority: 5, since, until, missing: [...missing] },
          notes: [`waits for room until ${until}: ${missing[0]}`],
        },
      },
    ]);
  });

  it('are listed in the order in which they get room, until they are answered, over, or their task has ended', async () => {
    await take(waitingOf('ask-1', { since: '2026-01-01T00:00:01.000Z' }));
    await take(waitingOf('ask-2', { since: '2026-01-01T00:00:00.000Z' }));
    await take(waitingOf('ask-3', {}, 9));
    expect(await listed()).toEqual(['ask-3', 'ask-2', 'ask-1']);
    expect(await listed({ appId: 'shop', service: 'web' })).toHaveLength(3);
    expect(await listed({ appId: 'other' })).toEqual([]);
    expect(await listed({ service: 'other' })).toEqual([]);
    await answer('ask-2');
    expect(await listed()).toEqual(['ask-3', 'ask-1']);
    await database.pool.query(`UPDATE tasks SET result = '{}'`);
    expect(await listed()).toEqual([]);
  });

  it('are shown no longer than they may wait, though their answer is late', async () => {
    await take(waitingOf('ask-1', { until: new Date(Date.now() - 1).toISOString() }));
    expect(await listed()).toEqual([]);
  });

  it('that were answered already wait no more, whatever comes late', async () => {
    await answer('ask-1');
    await take(waitingOf('ask-1'));
    expect([await told(), await listed()]).toEqual([[], []]);
  });
});
