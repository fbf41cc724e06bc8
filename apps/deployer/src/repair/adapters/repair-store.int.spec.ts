import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InstanceReport } from '#libs/contracts';
import { EventStore, Outbox, transaction, WorkQueue } from '#libs/postgres';
import type { TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../../task/database.testing.js';
import type { NodeInstance, RepairEvent } from '../ports.js';
import { PostgresRepairStore } from './repair-store.js';
import { PostgresInstances } from '../../rollout/adapters/instances.js';
import { PostgresNewTasks } from '../../task/adapters/new-tasks.js';
import { foldTask } from '../../task/domain/task.state.js';
import { accepted } from '../../task/domain/task.testing.js';
import { PostgresIntake } from '../../requests/adapters/request-intake.js';

const NODE = 'node-1';
const moving: RepairEvent = {
  ...{ event: 'InstanceMoving', taskId: 't/web', appId: 'shop', service: 'web', node: NODE },
  data: {},
};
const event: RepairEvent = {
  ...{ event: 'InstanceRelaunched', taskId: 't/web', appId: 'shop', service: 'web', node: NODE },
  data: {},
};

let database: TestDatabase;
let store: PostgresRepairStore;
let now = Date.parse('2026-01-01T00:00:00Z');

beforeAll(async () => {
  database = await createDeployerDatabase();
  const { pool } = database;
  const clock = { now: () => new Date(now) };
  const parts = { pool, outbox: new Outbox(), work: new WorkQueue(), clock, replica: 'test' };
  const tasks = new PostgresNewTasks({ ...parts, events: new EventStore() });
  const intake = new PostgresIntake({ ...parts, tasks, replyTopics: [], defaultDeadlineMs: 1_000 });
  const instances = new PostgresInstances(parts);
  store = new PostgresRepairStore({ ...parts, intake, instances, giveUpService: async () => undefined });
  const report = { instance: 'web-0', appId: 'shop', appName: 'Shop', service: 'web', node: NODE };
  await pool.query(
    `INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id)
     VALUES ('web-0', 't/web', 'shop', 'web', $1, 'c', $2, '{}', 'r')`,
    [NODE, report as Partial<InstanceReport>],
  );
});
afterAll(() => database.drop());

async function seen(): Promise<NodeInstance> {
  const [instance] = await store.instancesOn(NODE);
  if (instance === undefined) throw new Error('the instance is not there');
  return instance;
}

/** One more repair, whose task ends so. */
async function repair(error?: string): Promise<NodeInstance['attempts']> {
  now += 1_000;
  const instance = await seen();
  const relaunch = { instance, attempt: (instance.attempts?.count ?? 0) + 1, event };
  expect(await store.relaunch([relaunch])).toEqual([relaunch]);
  await database.pool.query('UPDATE tasks SET result = $1 WHERE result IS NULL', [
    error === undefined
      ? { status: 'running' }
      : { status: 'failed', error: { code: error, message: 'm', hint: 'h' } },
  ]);
  return (await seen()).attempts;
}

it('an instance that crashes is reported once it is seen, and not over what drains', async () => {
  const { pool } = database;
  const told = async () =>
    (await pool.query<{ n: number }>('SELECT count(*)::integer AS n FROM outbox')).rows[0]?.n ?? 0;
  const before = await told();
  const crashing = { restarts: 2, since: new Date(now).toISOString() };
  await store.reportCrash(await seen(), crashing);
  expect((await seen()).report).toMatchObject({ state: 'running', crashing });
  expect(await told()).toBe(before + 1);
  await store.reportCrash(await seen(), undefined);
  expect((await seen()).report).not.toHaveProperty('crashing');
  const known = await seen();
  await pool.query(`UPDATE instances SET state = 'draining'`);
  await store.reportCrash(known, crashing);
  expect((await seen()).report).not.toHaveProperty('crashing');
  expect(await told()).toBe(before + 2);
  await pool.query(`UPDATE instances SET state = 'running'`);
});

it('a restart is reported of one that runs, and later reports do not repeat it', async () => {
  const reports = async () =>
    (
      await database.pool.query<{ data: Partial<InstanceReport> }>(
        `SELECT data FROM outbox WHERE data ? 'restarted' ORDER BY seq`,
      )
    ).rows.map(({ data }) => data.restarted?.at);
  now += 1_000;
  await store.reportRestart(await seen());
  expect((await seen()).report).not.toHaveProperty('restarted');
  const known = await seen();
  await database.pool.query(`UPDATE instances SET state = 'draining'`);
  await store.reportRestart(known);
  expect(await reports()).toEqual([new Date(now).toISOString()]);
  await database.pool.query(`UPDATE instances SET state = 'running'`);
});

it('a repair that finds no node uses up no attempt: it is counted apart, until one ends otherwise', async () => {
  expect(await repair('NO_NODE')).toMatchObject({ count: 0, uncounted: 1 });
  expect(await repair('NO_NODE')).toMatchObject({ count: 0, uncounted: 2, lastAt: now });
  expect(await repair('HEALTH_TIMEOUT')).toEqual({
    ...{ count: 1, uncounted: 0, lastAt: now },
    error: { code: 'HEALTH_TIMEOUT', message: 'm' },
  });
  expect(await repair('NO_NODE')).toMatchObject({ count: 1, uncounted: 1 });
  expect(await repair()).toEqual({ count: 2, uncounted: 0, lastAt: now });
});

const reports = async (): Promise<readonly object[]> => {
  const { rows } = await database.pool.query<{ data: object }>(
    `SELECT data FROM outbox WHERE topic = 'node.reports' ORDER BY seq`,
  );
  return rows.map(({ data }) => data);
};

it('a move is tried again for ever, uses up no attempt of a repair, and takes nothing out of traffic', async () => {
  const { pool } = database;
  const before = (await seen()).attempts;
  const drained = async () =>
    (
      await pool.query(
        `SELECT FROM outbox WHERE topic = 'instance.reports' AND data ->> 'state' = 'draining'`,
      )
    ).rows.length;
  const drainedBefore = await drained();
  for (const attempt of [1, 2, 3]) {
    now += 1_000;
    const instance = await seen();
    expect(await store.move(instance, { attempt }, moving)).toBe(true);
    expect(await store.move(instance, { attempt }, moving), 'of another replica').toBe(false);
    await pool.query('UPDATE tasks SET result = $1 WHERE result IS NULL', [
      { status: 'failed', error: { code: 'NO_NODE', message: 'm', hint: 'h' } },
    ]);
    expect((await seen()).moves).toEqual({
      count: attempt,
      lastAt: now,
      error: { code: 'NO_NODE', message: 'm' },
    });
  }
  expect(await seen()).toMatchObject({ attempts: before, state: 'running', appId: 'shop', bound: false });
  expect(await drained()).toBe(drainedBefore);
});

it('of each instance it is known how many of its service are wanted, run, and may be missing', async () => {
  const { pool } = database;
  expect(await seen()).toMatchObject({ running: 1 });
  expect(await seen()).toMatchObject({ wanted: undefined, maxUnavailable: undefined });
  await pool.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release)
     VALUES ('r', 'shop', 'web', 'd', '{"config": {"maxUnavailable": 1}}')`,
  );
  await pool.query(
    `INSERT INTO specs (app_id, service, app_name, revision, state, count, spec, principal, verified, token, changed_at, published)
     VALUES ('shop', 'web', 'Shop', 1, 'running', 3, '{}', 'p', true, 't', now(), 1)`,
  );
  expect(await seen()).toMatchObject({ running: 1, wanted: 3, maxUnavailable: 1 });
  now += 1_000;
  expect(await store.move(await seen(), { attempt: 4, yields: true }, moving)).toBe(true);
  const { rows } = await pool.query(
    `SELECT request FROM requests WHERE request ->> 'instance' = 'web-0' ORDER BY request -> 'yields' IS NULL LIMIT 1`,
  );
  expect(rows).toMatchObject([{ request: { instance: 'web-0', moves: true, yields: true } }]);
  await pool.query(`UPDATE specs SET state = 'stopped'`);
  expect((await seen()).wanted).toBe(0);
});

it('what holds a drain up is told once, and that nothing does any more', async () => {
  const { pool } = database;
  await pool.query('INSERT INTO node_checks (node) VALUES ($1) ON CONFLICT DO NOTHING', [NODE]);
  const holding = [{ instance: 'web-0', appId: 'shop', service: 'web', reason: 'no room' }];
  for (const one of [holding, holding, [], undefined, undefined]) await store.tellHolding(NODE, one);
  expect(await reports()).toMatchObject([
    { node: NODE, state: 'ready', holding },
    { node: NODE, state: 'ready', holding: [] },
    { node: NODE, state: 'ready', holding: [] },
  ]);
});

it('a node that is shown as away is told to answer, though nobody here knows that it did not', async () => {
  const node = 'node-7';
  await database.pool.query('INSERT INTO node_checks (node) VALUES ($1)', [node]);
  const told = async () => (await reports()).filter((report) => (report as { node: string }).node === node);
  expect([await store.nodeReachable(node, false), await told()]).toEqual([false, []]);
  expect(await store.nodeReachable(node, true)).toBe(true);
  expect(await told()).toMatchObject([{ state: 'ready' }]);
});

it('an instance in whose place a repair starts another is known as such until that has ended', async () => {
  const instance = await seen();
  now += 3_600_000;
  expect(await store.relaunch([{ instance, attempt: 1, event }])).toHaveLength(1);
  expect(await seen()).toMatchObject({ replacing: true });
  await database.pool.query(`UPDATE tasks SET result = '{"status":"running"}' WHERE result IS NULL`);
  expect(await seen()).toMatchObject({ replacing: false });
});

it('instances of a service are relaunched by one request; one that another replica counted is left out', async () => {
  const { pool } = database;
  now += 3_600_000;
  await pool.query(
    `INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id)
     SELECT new.name, task_id, app_id, service, 'node-5', container, report, stop, release_id
     FROM instances, unnest(ARRAY['web-5', 'web-6', 'web-7']) AS new(name) WHERE instances.name = 'web-0'`,
  );
  const lost = (await store.instancesOn('node-5')).map((instance) => ({ instance, attempt: 1, event }));
  const [first, second, third] = lost as [(typeof lost)[0], (typeof lost)[0], (typeof lost)[0]];
  expect(await store.relaunch([second])).toEqual([second]);
  const begun = await store.relaunch(lost);
  expect(begun).toEqual([first, third]);
  const { rows } = await pool.query<{ request: object; events: number }>(
    `SELECT request, (SELECT count(*)::integer FROM outbox WHERE topic = 'deployment.events'
                      AND data #>> '{data,repair}' = requests.token) AS events
     FROM requests WHERE request ->> 'instance' = 'web-5'`,
  );
  expect(rows).toMatchObject([{ request: { instance: 'web-5', alsoInstances: ['web-7'] }, events: 2 }]);
  expect(await store.relaunch(lost)).toEqual([]);
  expect((await store.instancesOn('node-5')).every(({ replacing }) => replacing)).toBe(true);
  await pool.query(`UPDATE tasks SET result = '{"status":"running"}' WHERE result IS NULL`);
  await pool.query(`DELETE FROM instances WHERE node = 'node-5'`);
});

it('two lost nodes are relaunched by one request, also where both are looked at in the same moment', async () => {
  const { pool } = database;
  now += 3_600_000;
  await pool.query(
    `INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id)
     SELECT new.name, task_id, app_id, new.service, new.node, container, report, stop, release_id
     FROM instances, (VALUES ('web-5', 'web', 'node-5'), ('web-6', 'web', 'node-6'), ('api-6', 'api', 'node-6'),
                             ('web-7', 'web', 'node-7')) AS new(name, service, node)
     WHERE instances.name = 'web-0'`,
  );
  const web = [{ appId: 'shop', service: 'web' }];
  const found = await store.instancesOf(web, ['node-5', 'node-6']);
  expect(found.map(({ name }) => name)).toEqual(['web-5', 'web-6']);
  expect(await store.instancesOf([{ appId: 'other', service: 'web' }], ['node-5'])).toEqual([]);
  const lost = found.map((instance) => ({ instance, attempt: 1, event }));
  const begun = await Promise.all([store.relaunch(lost), store.relaunch(lost.toReversed())]);
  const counted = begun.map((all) => all.map(({ instance: { name } }) => name));
  expect(counted.toSorted((a, b) => a.length - b.length)).toEqual([[], ['web-5', 'web-6']]);
  await pool.query(`UPDATE tasks SET result = '{"status":"running"}' WHERE result IS NULL`);
  await pool.query(`DELETE FROM instances WHERE node IN ('node-5', 'node-6', 'node-7')`);
});

it('a node is forgotten once nothing of ours is there', async () => {
  const { pool } = database;
  await pool.query('INSERT INTO node_logins (node, login) VALUES ($1, $2)', [NODE, {}]);
  const known = async () => (await pool.query('SELECT FROM node_logins')).rows.length;
  await store.forgetNode(NODE);
  expect(await known()).toBe(1);
  await pool.query('DELETE FROM instances');
  await store.forgetNode(NODE);
  expect(await known()).toBe(0);
  expect((await pool.query('SELECT FROM node_checks WHERE node = $1', [NODE])).rows).toEqual([]);
});

it('a node that returned is called clean once, with its return, and is unreachable no more', async () => {
  const { pool } = database;
  const node = 'node-9';
  await pool.query('INSERT INTO node_checks (node) VALUES ($1)', [node]);
  const away = async () =>
    (
      await pool.query<{ away: boolean }>(
        'SELECT unreachable_since IS NOT NULL AS away FROM node_checks WHERE node = $1',
        [node],
      )
    ).rows[0]?.away;
  const reports = async () =>
    (
      await pool.query<{ data: object }>(
        `SELECT data FROM outbox WHERE topic = 'node.reports' AND key = $1 ORDER BY seq`,
        [node],
      )
    ).rows.map(({ data }) => data);
  const [lost, back, again] = [1, 2, 3].map((day) => `2026-01-0${day}T00:00:00.000Z`) as [
    string,
    string,
    string,
  ];
  await store.nodeLost(node, lost);
  // Its agent has told that.
  expect([await away(), await reports()]).toEqual([true, []]);
  expect(await store.nodeCleaned(node, back)).toBe(true);
  expect(await away()).toBe(false);
  expect(await store.nodeCleaned(node, back)).toBe(false);
  expect(await store.nodeCleaned(node, again)).toBe(true);
  expect(await reports()).toMatchObject([
    { node, state: 'ready', cleaned: back },
    { node, state: 'ready', cleaned: again },
  ]);
});

it('a node has orphans, perhaps, once a task of it ended long ago and its engine was not asked since', async () => {
  const { pool } = database;
  const node = 'node-8';
  const perhaps = (seconds: number) => store.mayHaveOrphans(node, seconds * 1_000);
  const [task] = (await pool.query<{ id: string }>('SELECT id FROM tasks LIMIT 1')).rows;
  await pool.query('INSERT INTO node_checks (node) VALUES ($1)', [node]);
  await pool.query(`INSERT INTO node_requests (access_token, task_id, answer) VALUES ('token-8', $1, $2)`, [
    ...[task?.id, { node: { name: node } }],
  ]);
  const finished = (ago: number) =>
    pool.query(`UPDATE work SET state = 'done', finished_at = now() - $2 * interval '1 s' WHERE id = $1`, [
      ...[task?.id, ago],
    ]);
  const asked = (ago: number) =>
    pool.query(`UPDATE node_checks SET asked_at = now() - $2 * interval '1 s' WHERE node = $1`, [node, ago]);
  await finished(100);
  expect([await perhaps(110), await perhaps(90)]).toEqual([false, true]);
  // What it left then was too young.
  await asked(50);
  expect([await perhaps(60), await perhaps(40)]).toEqual([true, false]);
});

it('what a start left behind on a node that does not answer is known to whoever looks at that node, and to nobody else', async () => {
  const { pool } = database;
  const report = {
    instance: 'web-9',
    appId: 'shop',
    service: 'web',
    node: 'node-9',
    container: '',
    release: 'r',
  };
  const clock = { now: () => new Date(now) };
  const instances = new PostgresInstances({ pool, outbox: new Outbox(), clock });
  await transaction(pool, (tx) =>
    instances.write(tx, {
      claim: { taskId: 't/web', fence: 1n },
      state: foldTask([accepted({})]),
      writes: { events: [], sides: [{ kind: 'leave-behind', report: report as InstanceReport }] },
    }),
  );
  expect(await instances.of('shop', 'web').then((known) => known.map(({ name }) => name))).not.toContain(
    'web-9',
  );
  const [left] = await store.instancesOn('node-9');
  expect(left).toMatchObject({ name: 'web-9', container: 'web-9', state: 'abandoned' });
  if (left !== undefined) await store.forget(left, 'removed', event);
  expect(await store.instancesOn('node-9')).toEqual([]);
});
