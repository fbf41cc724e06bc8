import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Outbox, transaction, type Pool } from '#libs/postgres';
import type { SpecRevision, TaskError } from '#libs/contracts';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { migrateToBeforeSpecs, migrateToNow } from '../task/database.testing.js';
import { releaseWith } from '../task/domain/task.testing.js';
import { ServiceRecord } from './adapters/service-record.js';
import { specMessage, storeRepeat, storeSpec } from './adapters/spec-rows.js';
import { firstSpec, type ServiceSpec } from './domain/spec.js';
import { reconcileService, type ServiceDrift } from './domain/reconcile-service.js';

const schema = 'test';
const APP = 'shop';
const NOW = new Date('2026-01-01T00:00:00.000Z');
let database: TestDatabase;
let pool: Pool;
let record: ServiceRecord;
const asked: string[] = [];

async function release(service: string, id: string, replicas: number): Promise<void> {
  await pool.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release) VALUES ($1, $2, $3, $1, $4)`,
    [id, APP, service, releaseWith(id, replicas)],
  );
  await pool.query(
    `INSERT INTO current_releases VALUES ($1, $2, $3) ON CONFLICT (app_id, service) DO UPDATE SET release_id = $3`,
    [APP, service, id],
  );
}

async function instance(service: string, name: string, releaseId: string): Promise<void> {
  await pool.query(
    `INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id)
     VALUES ($1, 't', $2, $3, 'node-1', $1, $4, '{}', $5)`,
    [name, APP, service, { appName: 'The shop', startedAt: `2026-01-01T00:00:0${name.length}Z` }, releaseId],
  );
}

/** A task that ends so, by a replica that writes specs or by one of the version before. */
async function ended(
  service: string,
  status: string,
  writesSpec: boolean,
  token = `t-${service}-${Math.floor(performance.now() * 1000)}`,
): Promise<void> {
  await pool.query(`INSERT INTO requests (token, request, reply_topic, open_tasks) VALUES ($1, $2, 'r', 1)`, [
    token,
    { appId: APP },
  ]);
  await pool.query(`INSERT INTO tasks (id, token, position, service) VALUES ($1, $2, 0, $3)`, [
    `${token}/${service}`,
    token,
    service,
  ]);
  await pool.query(`UPDATE tasks SET result = $2, writes_spec = $3 WHERE id = $1`, [
    `${token}/${service}`,
    { status },
    writesSpec,
  ]);
}

async function specOf(service: string): Promise<SpecRevision['spec'] | undefined> {
  return (await record.history({ appId: APP, service }, 1))[0]?.spec;
}

beforeAll(async () => {
  database = await createTestDatabase({ schema });
  ({ pool } = database);
  await migrateToBeforeSpecs(pool, schema);
  await release('web', 'web-old', 1);
  await release('web', 'web-new', 2);
  // Scaled to three, and rolled back.
  for (const name of ['a', 'bb', 'ccc']) await instance('web', name, 'web-old');
  await release('idle', 'idle-1', 4);
  await migrateToNow(pool, schema);
  const ask = (_tx: unknown, { service }: { readonly service: string }): Promise<void> =>
    Promise.resolve(void asked.push(service));
  record = new ServiceRecord({ pool, outbox: new Outbox(), clock: { now: () => NOW }, ask, replica: 'r' });
});
afterAll(() => database.drop());

describe('an installation from before', () => {
  it('has the spec that what runs amounts to', async () => {
    expect(await specOf('web')).toMatchObject({
      state: 'running',
      release: 'web-old',
      count: 3,
      declaredCount: 1,
    });
    expect((await specOf('web'))?.limits).toEqual({ cpu: 0.25, memoryMiB: 256 });
  });

  it('brings what does not run back with what it declares', async () => {
    expect(await specOf('idle')).toMatchObject({ state: 'stopped', release: 'idle-1', count: 4 });
  });

  it('tells everybody of the specs once', async () => {
    expect(await record.publishSpecs()).toBe(2);
    expect(await record.publishSpecs()).toBe(0);
    const { rows } = await pool.query(`SELECT data FROM outbox WHERE topic = 'service.specs' ORDER BY seq`);
    expect(rows).toHaveLength(2);
  });

  it('takes what a replica of the version before did for what is wanted', async () => {
    await instance('web', 'dddd', 'web-new');
    await ended('web', 'running', false);
    expect(await specOf('web')).toMatchObject({ count: 4, release: 'web-new', revision: 2 });
  });

  it('takes nothing from a replica that writes specs itself, nor from a task that failed', async () => {
    await pool.query(`DELETE FROM instances WHERE name = 'dddd'`);
    await ended('web', 'running', true);
    await ended('web', 'failed', false);
    expect(await specOf('web')).toMatchObject({ count: 4, revision: 2 });
  });

  it('keeps the count that is wanted when a replica of the version before repairs one of too few instances', async () => {
    await ended('web', 'running', false, 'repair-0123456789abcdef-1');
    expect(await specOf('web')).toMatchObject({ count: 4, revision: 2 });
    // Its token only looks like that of a repair.
    await ended('web', 'running', false, 'repair-of-the-shop');
    expect(await specOf('web')).toMatchObject({ count: 3, revision: 3 });
  });
});

describe('the record of services', () => {
  const stored = (spec: ServiceSpec) => ({
    ...{ appId: APP, appName: 'Shop', service: 'count', spec, principal: 'ada', verified: false, token: 't' },
    changedAt: NOW.toISOString(),
  });
  const by = { arrival: 1, at: NOW.toISOString(), by: 'run', token: 't' };
  const wanted = firstSpec({ release: 'x' }, { count: 2, limits: { cpu: 1, memoryMiB: 64 } }, by);
  /** Of the service's spec, if it was to be published still. */
  const revisionsPublished = async (): Promise<readonly number[]> => {
    await pool.query('DELETE FROM outbox');
    await record.publishSpecs();
    const { rows } = await pool.query<{ revision: number }>(
      `SELECT (data ->> 'revision')::integer AS revision FROM outbox WHERE data ->> 'service' = 'count'`,
    );
    return rows.map(({ revision }) => revision);
  };
  const drift = async (): Promise<ServiceDrift | undefined> =>
    (await record.drifted()).find(({ service }) => service === 'count');

  it('keeps the history, the newest first', async () => {
    await transaction(pool, (tx) => storeSpec(tx, stored(wanted)));
    await transaction(pool, (tx) => storeSpec(tx, stored({ ...wanted, revision: 2, count: 3 })));
    const history = await record.history({ appId: APP, service: 'count' }, 10);
    expect(history.map(({ revision, spec }) => [revision, spec.count])).toEqual([
      [2, 3],
      [1, 2],
    ]);
    expect(history[0]).toMatchObject({ principal: 'ada', verified: false, reason: null });
    expect(history[0]?.changedAt).toBe(NOW.toISOString());
  });

  it('has one revision everywhere, also where the task planned with one that was taken meanwhile', async () => {
    const known = (await record.history({ appId: APP, service: 'count' }, 1))[0]?.revision ?? NaN;
    await transaction(pool, (tx) => storeSpec(tx, stored({ ...wanted, revision: known, count: 3 })));
    const [newest] = await record.history({ appId: APP, service: 'count' }, 1);
    expect(newest).toMatchObject({ revision: known + 1, spec: { revision: known + 1 } });
    expect(await revisionsPublished()).toEqual([known + 1]);
    const after = await pool.query(
      `SELECT revision, spec -> 'revision' AS json FROM specs WHERE service = 'count'`,
    );
    expect(after.rows).toEqual([{ revision: known + 1, json: known + 1 }]);
  });

  it('knows a service that runs less than is wanted, and no service that is being rolled out', async () => {
    await instance('count', 'one', 'web-new');
    expect(await drift()).toMatchObject({ wanted: 3, running: 1 });
    await pool.query(`INSERT INTO work (id, key, state) VALUES ('w', 'shop/count', 'queued')`);
    expect(await drift()).toBeUndefined();
    await pool.query(`UPDATE work SET state = 'done' WHERE id = 'w'`);
  });

  it('knows a service that runs the wrong releases, also where their number is right', async () => {
    const canary = { release: 'web-tried', percent: 10 };
    const trying = { ...wanted, count: 1, canary, revision: 50 };
    const ofTry = async () => (await record.drifted()).find(({ service }) => service === 'tried');
    await transaction(pool, (tx) => storeSpec(tx, { ...stored(trying), service: 'tried' }));
    await instance('tried', 'tried-one', 'web-new');
    expect(await ofTry()).toMatchObject({ wanted: 2, running: 1 });
    await instance('tried', 'tried-two', 'web-new');
    expect(await ofTry()).toMatchObject({ wanted: 2, running: 2 });
    await pool.query(`DELETE FROM instances WHERE name = 'tried-two'`);
    await instance('tried', 'tried-three', 'web-tried');
    expect(await ofTry()).toBeUndefined();
    expect(specMessage(stored(trying)).data).toMatchObject({ count: 1, canary: { ...canary, count: 1 } });
    const stoppedNow = { ...trying, state: 'stopped' as const, revision: 51 };
    await transaction(pool, (tx) => storeSpec(tx, { ...stored(stoppedNow), service: 'tried' }));
    expect(await ofTry()).toMatchObject({ wanted: 0, running: 2 });
    await pool.query(`DELETE FROM instances WHERE service = 'tried'`);
  });

  it('asks once for what two replicas saw missing', async () => {
    const seen = await drift();
    if (seen === undefined) throw new Error('nothing is missing');
    const both = await Promise.all([record.restore(seen, 1), record.restore(seen, 1)]);
    expect(both.toSorted()).toEqual([false, true]);
    expect(asked).toEqual(['count']);
    expect((await drift())?.tries).toMatchObject({ count: 1, uncounted: 0, lastAt: NOW.getTime() });
  });

  /** The task of the last try ends so. */
  async function tryEnds(result: { readonly status: string; readonly error?: TaskError }) {
    const { rows } = await pool.query<{ id: string }>(
      `SELECT task_id AS id FROM service_repairs WHERE service = 'count'`,
    );
    const id = rows[0]?.id ?? '';
    const token = id.slice(0, id.lastIndexOf('/'));
    await pool.query(
      `INSERT INTO requests (token, request, reply_topic, open_tasks) VALUES ($1, '{}', 'r', 1) ON CONFLICT DO NOTHING`,
      [token],
    );
    await pool.query(
      `INSERT INTO tasks (id, token, position, service, result, writes_spec) VALUES ($1, $2, 0, 'count', $3, true)
       ON CONFLICT (id) DO UPDATE SET result = excluded.result`,
      [id, token, result],
    );
    return token;
  }
  const limits = { attempts: 1, backoffMs: () => 1_000 };
  const later = NOW.getTime() + 600_000;

  it('an outage of the image registry uses up no attempt', async () => {
    await tryEnds({ status: 'failed', error: { code: 'REGISTRY_UNREACHABLE', message: 'm', hint: 'h' } });
    expect((await drift())?.tries).toMatchObject({ count: 0, uncounted: 1, succeeded: false });
  });

  it('tries are forgotten where the last one succeeded long enough ago', async () => {
    await tryEnds({ status: 'running' });
    const seen = await drift();
    expect(seen?.tries).toMatchObject({ count: 1, succeeded: true, givenUp: false });
    expect(seen && reconcileService(seen, later - 1, limits)).toEqual({
      ...{ kind: 'wait-for-attempts', attempts: 1, until: later },
    });
    expect(seen && reconcileService(seen, later, limits)).toEqual({ kind: 'restore', attempt: 1 });
  });

  it('gives a service up once, of two replicas that saw the same, and publishes that with the last reason', async () => {
    const last = { code: 'PULL_FAILED', message: 'Pulling the image: no space left on device' };
    const token = await tryEnds({ status: 'failed', error: { ...last, hint: 'Free space.' } });
    const seen = await drift();
    if (seen === undefined) throw new Error('nothing is missing');
    expect(reconcileService(seen, later, limits)).toEqual({ kind: 'give-up', attempts: 1 });
    const both = await Promise.all([record.giveUpRestoring(seen, 1), record.giveUpRestoring(seen, 1)]);
    expect(both.toSorted()).toEqual([false, true]);
    const { rows } = await pool.query<{ data: object }>(
      `SELECT data FROM outbox WHERE topic = 'deployment.events' ORDER BY seq`,
    );
    const data = { wanted: 3, running: 1, attempts: 1, error: last };
    expect(rows).toMatchObject([{ data: { token, event: 'ServiceGivenUp', service: 'count', data } }]);
    const after = await drift();
    expect(after && reconcileService(after, later, limits)).toEqual({ kind: 'wait' });
  });

  it('gives a service up with its instance', async () => {
    await transaction(pool, (tx) => record.giveUp(tx, { appId: APP, service: 'count' }, 't/count'));
    expect((await drift())?.tries?.count).toBeGreaterThan(1_000);
  });

  it('keeps of what is wanted already only who asked, and tries again what was given up', async () => {
    const of = { appId: APP, service: 'count' };
    const history = await record.history(of, 10);
    const again = { ...by, arrival: 9, token: 't9' };
    await transaction(pool, (tx) => storeRepeat(tx, of, { ...wanted.changes, count: again }));
    expect(await record.history(of, 10)).toEqual(history);
    const { rows } = await pool.query(`SELECT revision, spec FROM specs WHERE service = 'count'`);
    expect(rows).toMatchObject([
      { revision: history[0]?.revision, spec: { count: 3, changes: { count: again, state: by } } },
    ]);
    expect((await drift())?.tries).toBeUndefined();
  });
});
