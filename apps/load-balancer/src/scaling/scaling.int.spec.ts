import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Outbox, transaction, type Pool } from '#libs/postgres';
import { appPool, createTestDatabase, migrateApp, type TestDatabase } from '#libs/testing';
import { PostgresScalingLeases } from './adapters/postgres-scaling-leases.js';
import { endScaling, PostgresScalingRecord } from './adapters/postgres-scaling-record.js';
import { RegistryScaledServices } from './adapters/registry-services.js';
import { decide } from './domain/decide.js';
import { recordOf, type Recorded } from './domain/recorded.js';
import { sampleOf } from './domain/figures.js';
import { figuresOf, inputOf, policyOf, T0, traffic } from './domain/scaling.testing.js';
import type { ScalingChange } from './ports.js';

const web = { appId: 'shop', service: 'web' };
let database: TestDatabase;
let pool: Pool;
let registry: Pool;
beforeAll(async () => {
  database = await createTestDatabase({ roles: true });
  pool = appPool(database, 'load-balancer');
  registry = appPool(database, 'node-manager');
  await migrateApp('load-balancer', pool);
  await migrateApp('node-manager', registry);
});
beforeEach(() => pool.query('TRUNCATE scaling_leases, scaling_decisions, scaling_figures, outbox'));
afterAll(async () => {
  await Promise.all([pool.end(), registry.end()]);
  await database.drop();
});

const leasesOf = (holder: string) => new PostgresScalingLeases(pool, holder);
const recordFor = (holder: string) => new PostgresScalingRecord({ pool, outbox: new Outbox(), holder });
const rows = async (sql: string) => (await pool.query(sql)).rows as unknown[];

function changeOf(fence: number, token = 'scaling-1'): ScalingChange {
  const figures = figuresOf(2, {}, { traffic: traffic({ inFlight: 70 }) });
  const { explanation, state } = decide(inputOf(policyOf(), { figures }));
  const kept = { state, asking: { asked: { token, count: explanation.count, at: T0 } } };
  return { ...web, fence, at: T0, token, explanation, reason: 'because', kept };
}

describe('leases', () => {
  it('one holds a service, and its fence rises with each take-over only', async () => {
    const [one, other] = [leasesOf('one'), leasesOf('other')];
    const [first] = await one.hold([web]);
    expect(await other.hold([web])).toEqual([]);
    expect(await one.hold([web])).toEqual([first]);
    await one.end();
    const [second] = await other.hold([web]);
    expect(second?.fence).toBeGreaterThan(first?.fence ?? Infinity);
    expect(await one.hold([web])).toEqual([]);
  });

  it('many that take at once get each service once', async () => {
    const services = Array.from({ length: 20 }, (_, index) => ({ appId: 'shop', service: `s${index}` }));
    const held = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => leasesOf(holder).hold(services)));
    expect(
      held
        .flat()
        .map(({ service }) => service)
        .toSorted(),
    ).toEqual(services.map(({ service }) => service).toSorted());
  });

  it('what was kept is what the next one finds', async () => {
    const [one, other] = [leasesOf('one'), leasesOf('other')];
    const [held] = await one.hold([web]);
    const { kept } = changeOf(1);
    expect(await one.kept(web)).toBeUndefined();
    await one.keep([{ ...web, fence: held?.fence ?? 0, kept }]);
    await one.end();
    await other.hold([web]);
    expect(await other.kept(web)).toEqual(kept);
    await one.keep([{ ...web, fence: held?.fence ?? 0, kept: { ...kept, asking: {} } }]);
    expect(await other.kept(web)).toEqual(kept);
  });
});

describe('decisions', () => {
  it('a change is a row and a request with its fence', async () => {
    const [held] = await leasesOf('one').hold([web]);
    expect(await recordFor('one').change(changeOf(held?.fence ?? 0))).toBe(true);
    expect(await rows('SELECT reason, from_count, to_count, token FROM scaling_decisions')).toEqual([
      { reason: 'panic', from_count: 2, to_count: 4, token: 'scaling-1' },
    ]);
    expect(await rows('SELECT topic, data FROM outbox')).toMatchObject([
      { topic: 'scale.requests', data: { ...web, to: 4, fence: held?.fence, principal: 'slipway:scaling' } },
    ]);
  });

  it('without the lease nothing is written, nor with one of before', async () => {
    const [held] = await leasesOf('one').hold([web]);
    const fence = held?.fence ?? 0;
    expect(await recordFor('other').change(changeOf(fence))).toBe(false);
    await leasesOf('one').end();
    expect(await recordFor('one').change(changeOf(fence))).toBe(false);
    await leasesOf('one').hold([web]);
    expect(await recordFor('one').change(changeOf(fence))).toBe(false);
    expect(await rows('SELECT FROM scaling_decisions')).toEqual([]);
    expect(await rows('SELECT FROM outbox')).toEqual([]);
  });

  it('its answer is kept once', async () => {
    const [held] = await leasesOf('one').hold([web]);
    await recordFor('one').change(changeOf(held?.fence ?? 0));
    const error = { code: 'NO_NODE', message: 'no room' };
    const reply = { token: 'scaling-1', status: false, error };
    await transaction(pool, (tx) => endScaling(tx, reply as Parameters<typeof endScaling>[1]));
    await transaction(pool, (tx) => endScaling(tx, { token: 'scaling-1', status: true }));
    expect(await rows('SELECT succeeded, error FROM scaling_decisions')).toEqual([
      { succeeded: false, error },
    ]);
    expect(await leasesOf('one').answers(['scaling-1', 'scaling-2'])).toEqual(
      new Map([['scaling-1', false]]),
    );
  });

  it('what changes nothing is one row, however long it goes on', async () => {
    const { explanation } = decide(inputOf(policyOf()));
    const hold = {
      reason: 'missing',
      since: T0,
      until: T0,
      times: 1,
      explanation,
      isUnwritten: true,
    } as const;
    const record = recordFor('one');
    await record.holds([{ ...web, fence: 1, hold }]);
    await record.holds([{ ...web, fence: 1, hold: { ...hold, until: T0 + 9_000, times: 10 } }]);
    expect(
      await rows(`SELECT reason, times, until - decided_at = interval '9 s' AS lasts FROM scaling_decisions`),
    ).toEqual([{ reason: 'missing', times: 10, lasts: true }]);
  });
});

it('a minute of figures is the mean of its records, also when a replica missed to write it', async () => {
  const record = recordFor('one');
  const fine = (at: number, inFlight: number): Recorded => {
    const sample = sampleOf(figuresOf(2, { cpuPercent: 40 }, { traffic: traffic({ inFlight }) }), at);
    const recorded = recordOf([{ current: 2, seen: 10, sample }], at, 10);
    if (recorded === undefined) throw new Error('nothing recorded');
    return recorded;
  };
  for (const [at, inFlight] of [
    [0, 10],
    [50, 20],
    [70, 60],
    [120, 5],
  ] as const)
    await record.figures([{ ...web, recorded: fine(T0 + at * 1_000, inFlight) }]);
  const minutes = await rows(
    `SELECT figures -> 'seen' AS seen, figures -> 'sample' -> 'concurrency' AS load
     FROM scaling_figures WHERE seconds = 60 ORDER BY at`,
  );
  expect(minutes).toEqual([
    { seen: 20, load: 15 },
    { seen: 10, load: 60 },
  ]);
});

it('reads the services with a policy, what runs of them, and whether a rollout is under way', async () => {
  expect(await new RegistryScaledServices(pool).read()).toEqual([]);
  await registry.query(
    `INSERT INTO registry.spec_records (app_id, service, app_name, state, count, release, revision, scaling, changed_at)
     VALUES ('shop', 'web', 'The shop', 'running', 3, 'r2', 1, '{"min":1,"max":5}', now())`,
  );
  const instance = (name: string, state: string, release: string) =>
    registry.query(
      `INSERT INTO registry.instance_records (name, state, app_id, app_name, service, release, image, node, ip, port, url,
         container, access_token, cpu, memory_mib, started_at, reported_at)
       VALUES ($1, $2, 'shop', 'The shop', 'web', $3, 'i', 'n', '10.0.0.1', 1, 'http://10.0.0.1:1', $1, $1, 1, 64, now(), now())`,
      [name, state, release],
    );
  await instance('web-1', 'running', 'r2');
  await instance('web-2', 'running', 'r2');
  await instance('web-0', 'stopped', 'r1');
  const expected = {
    ...web,
    appName: 'The shop',
    wanted: 3,
    policy: { min: 1, max: 5 },
    running: ['web-1', 'web-2'],
  };
  expect(await new RegistryScaledServices(pool).read()).toMatchObject([{ ...expected, isRollingOut: false }]);
  await instance('web-3', 'draining', 'r1');
  expect(await new RegistryScaledServices(pool).read()).toMatchObject([{ ...expected, isRollingOut: true }]);
});
