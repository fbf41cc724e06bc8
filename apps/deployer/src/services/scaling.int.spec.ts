import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scalingPolicySchema, type ServiceScaling, type ServiceSpecChange } from '#libs/contracts';
import { Outbox, type Pool, transaction } from '#libs/postgres';
import { servedController } from '../served-controller.testing.js';
import { knownOfScaling, wantedNow } from '../requests/adapters/scaling-rows.js';
import { releaseWith } from '../task/domain/task.testing.js';
import { PostgresScaling } from './adapters/scaling-record.js';
import { isOvertaken, specForTask, storeRepeat, storeSpec } from './adapters/spec-rows.js';
import { changeSpec, firstSpec, type FieldChange, type ServiceSpec } from './domain/spec.js';
import { SCALING_RECORD } from './ports.js';
import { ScalingController } from './scaling.http.js';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const WEB = { appId: 'shop', service: 'web' };
const limits = { cpu: 0.25, memoryMiB: 256 };
const policy = (min: number, max: number) => scalingPolicySchema.parse({ min, max, targets: { cpu: 70 } });

const asked: { readonly to: number; readonly principal: string }[] = [];
const served = servedController(ScalingController, (on) => {
  const record = new PostgresScaling({
    ...{ pool: on, outbox: new Outbox(), clock: { now: () => NOW } },
    ask: async (_tx, { to }, principal) => asked.push({ to, principal }),
  });
  return [{ provide: SCALING_RECORD, useValue: record }];
});
const { audited } = served;
let pool: Pool;
beforeAll(() => {
  ({ pool } = served);
});

const by = (arrival: number, mode = 'build-and-run'): FieldChange => ({
  ...{ arrival, at: NOW.toISOString(), by: mode, token: `t${arrival}` },
});
const first = firstSpec({ release: 'r1' }, { count: 1, limits, scaling: policy(1, 4) }, by(1));

const store = (spec: ServiceSpec, token: string): Promise<void> =>
  transaction(pool, (tx) =>
    storeSpec(tx, {
      ...{ ...WEB, appName: 'Shop', spec, token, changedAt: NOW.toISOString() },
      ...{ principal: 'ada', verified: false },
    }),
  );

beforeEach(async () => {
  await pool.query('TRUNCATE specs, spec_history, releases, outbox, scaling_fences CASCADE');
  await pool.query(`ALTER SEQUENCE task_arrivals RESTART WITH 100`);
  await pool.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release) VALUES ('r1', 'shop', 'web', 'r1', $1)`,
    [releaseWith('r1', 1, { volumes: undefined })],
  );
  await store(first, 't1');
  [audited.length, asked.length] = [0, 0];
});

async function call(
  method: string,
  body?: object,
  more: { token?: string; etag?: string; query?: string } = {},
) {
  const { token = 'admin', etag, query = '' } = more;
  const url = `${await served.url()}/v1/apps/shop/services/web/scaling${query}`;
  const answer = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(etag !== undefined && { 'if-match': etag }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    etag: answer.headers.get('etag') ?? '',
    body: JSON.parse(text) as ServiceScaling & { code?: string; message?: string },
  };
}

const specNow = async (): Promise<ServiceSpec> =>
  (await pool.query<{ spec: ServiceSpec }>('SELECT spec FROM specs')).rows[0]?.spec as ServiceSpec;
const published = async (): Promise<ServiceSpecChange[]> =>
  (await pool.query<{ data: ServiceSpecChange }>('SELECT data FROM outbox ORDER BY seq')).rows.map(
    ({ data }) => data,
  );

describe('the policy of a service', () => {
  it('is set, published and kept with who changed it and why; a count out of its bounds is asked for', async () => {
    const set = await call(
      'PUT',
      { min: 2, max: 9, targets: { concurrency: 20 } },
      { query: '?reason=sale' },
    );
    expect(set.status).toBe(200);
    expect(set.body).toMatchObject({
      ...{ policy: { min: 2, max: 9, in: { step: 1 } }, declared: { min: 1, max: 4 }, setBy: 'api' },
      history: [
        {
          revision: 2,
          change: 'scaling',
          principal: 'api-token',
          verified: true,
          reason: 'sale',
          policy: { max: 9 },
        },
        { revision: 1, change: 'build-and-run', principal: 'ada', verified: false, policy: { max: 4 } },
      ],
    });
    expect(asked).toEqual([{ to: 2, principal: 'api-token' }]);
    expect(await specNow()).toMatchObject({ revision: 2, count: 1, scaling: { max: 9 } });
    expect(audited).toMatchObject([{ principal: 'api-token' }]);
    const back = await call('DELETE');
    expect(back.body).toMatchObject({ policy: { max: 4 }, setBy: 'config.json' });
    expect(back.body.history[0]).toMatchObject({ revision: 3, change: 'scaling reset' });
  });

  it('is not overwritten by one who has not seen it, nor by one who may only read', async () => {
    const { etag } = await call('GET', undefined, { token: 'read' });
    expect((await call('PUT', policy(1, 5), { etag })).status).toBe(200);
    const late = await call('PUT', policy(1, 6), { etag });
    expect([late.status, late.body.code]).toEqual([412, 'SCALING_CHANGED']);
    expect((await call('PUT', policy(1, 6), { token: 'read' })).status).toBe(403);
    expect((await specNow()).scaling?.max).toBe(5);
  });

  it('is refused by the names of its fields, and where it does not go with the service', async () => {
    const wrong = await call('PUT', { max: 99, targets: { cpu: 70 } });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'INPUT_INVALID']);
    expect(wrong.body.message).toContain('max: expected at most 50');
    await pool.query(`UPDATE releases SET release = release #- '{config,port}'`);
    const worker = await call('PUT', { max: 9, targets: { concurrency: 20 } });
    expect(worker.body.message).toContain('targets.concurrency: expected no such field');
    await pool.query('TRUNCATE specs');
    expect((await call('PUT', policy(1, 2))).status).toBe(404);
  });

  it('a task that had read the spec before does not undo it, nor does a replica of the version before', async () => {
    const read = await specNow();
    await call('PUT', policy(1, 9));
    // A deployment that arrived before, and ends after.
    const late = changeSpec(
      read,
      { release: 'r2', declares: { count: 1, limits, scaling: policy(1, 3) } },
      by(50),
    );
    await store(late, 't50');
    expect(await specNow()).toMatchObject({
      ...{ revision: 3, release: 'r2', scaling: { max: 9 }, declaredScaling: { max: 3 } },
      changes: { scaling: { by: 'scaling' }, release: { by: 'build-and-run' } },
    });
    const { scaling: _, declaredScaling: __, ...older } = { ...(await specNow()), count: 3 };
    await store({ ...older, changes: { ...older.changes, scaling: undefined } }, 't60');
    expect(await specNow()).toMatchObject({ count: 3, scaling: { max: 9 }, declaredScaling: { max: 3 } });
    await transaction(pool, (tx) => storeRepeat(tx, WEB, read.changes));
    expect((await specNow()).changes.scaling?.by).toBe('scaling');
    const { rows } = await pool.query<{ spec: ServiceSpec }>(
      'SELECT spec FROM spec_history ORDER BY revision DESC',
    );
    expect(rows[0]?.spec).toMatchObject({ count: 3, scaling: { max: 9 } });
  });

  it('is taken from a deployment that arrived after it', async () => {
    await call('PUT', policy(1, 9));
    const { spec } = await specForTask(pool, 'none', WEB);
    const next = changeSpec(
      spec ?? first,
      { declares: { count: 1, limits, scaling: policy(1, 3) } },
      by(900),
    );
    await store(next, 't900');
    expect((await specNow()).scaling?.max).toBe(3);
  });
});

describe('the fence of an autoscaler', () => {
  const known = (fence: number) => transaction(pool, (tx) => knownOfScaling(tx, WEB, fence));

  it('never falls, and says how many are wanted', async () => {
    expect(await known(3)).toEqual({ fence: 3, isRollingOut: false, count: 1 });
    expect((await known(2)).fence).toBe(3);
    expect((await known(4)).fence).toBe(4);
  });

  it.each([
    ['build-and-run', 'shop/web', 'running', true],
    ['build-and-run', 'build shop/web', 'running', false],
    ['run', 'shop/web', 'queued', false],
    ['scale', 'shop/web', 'running', false],
  ])(
    'a task of mode %s under the key %s that is %s is a rollout or not',
    async (mode, key, state, isRollingOut) => {
      const request = mode === 'scale' ? { appId: 'shop' } : { appId: 'shop', mode };
      await pool.query(`DELETE FROM work; DELETE FROM tasks; DELETE FROM requests`);
      await pool.query(
        `INSERT INTO requests (token, request, reply_topic, open_tasks) VALUES ('t', $1, 'r', 1)`,
        [request],
      );
      await pool.query(`INSERT INTO tasks (id, token, position, service) VALUES ('t/web', 't', 0, 'web')`);
      await pool.query(`INSERT INTO work (id, key, state) VALUES ('t/web', $1, $2)`, [key, state]);
      expect((await known(1)).isRollingOut).toBe(isRollingOut);
    },
  );
});

describe('requests of an autoscaler that pile up', () => {
  const scale = async (token: string, state: string, request: object) => {
    await pool.query(
      `INSERT INTO requests (token, request, reply_topic, open_tasks) VALUES ($1, $2, 'r', 1)`,
      [token, { ...WEB, ...request }],
    );
    await pool.query(`INSERT INTO tasks (id, token, position, service) VALUES ($1, $2, 0, 'web')`, [
      `${token}/web`,
      token,
    ]);
    await pool.query(`INSERT INTO work (id, key, state) VALUES ($1, 'shop/web', $2)`, [
      `${token}/web`,
      state,
    ]);
  };

  it('are overtaken by the latest one alone', async () => {
    await pool.query(`DELETE FROM work; DELETE FROM tasks; DELETE FROM requests`);
    await scale('first', 'running', { to: 3, fence: 1 });
    expect(await isOvertaken(pool, WEB)).toBe(false);
    // A person's count, or that of another service, overtakes nothing.
    await scale('person', 'queued', { to: 2 });
    expect(await isOvertaken(pool, WEB)).toBe(false);
    await scale('second', 'queued', { to: 4, fence: 1 });
    expect(await isOvertaken(pool, WEB)).toBe(true);
    expect(await isOvertaken(pool, { ...WEB, service: 'api' })).toBe(false);
    const wanted = await transaction(pool, (tx) => wantedNow(tx, WEB));
    expect(wanted).toMatchObject({ isBusy: true, spec: { count: 1 }, release: { id: 'r1' } });
    expect(await transaction(pool, (tx) => wantedNow(tx, { ...WEB, service: 'api' }))).toEqual({
      isBusy: false,
    });
  });
});

it('what is published of a spec has its policy', async () => {
  await call('PUT', policy(2, 9));
  expect((await published()).at(-1)).toMatchObject({ revision: 2, scaling: { min: 2, max: 9 } });
});
