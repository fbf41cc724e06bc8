import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { scalingPolicySchema, type ServiceSpecChange } from '#libs/contracts';
import { Outbox, type Pool, transaction } from '#libs/postgres';
import type { TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../task/database.testing.js';
import { releaseWith } from '../task/domain/task.testing.js';
import { LearnedLimitsIntake } from './adapters/learned-limits.js';
import { storeSpec } from './adapters/spec-rows.js';
import { changeSpec, firstSpec, type FieldChange, type ServiceSpec } from './domain/spec.js';

const NOW = '2026-01-01T01:00:00.000Z';
const WEB = { appId: 'shop', service: 'web' };
const limits = { cpu: 0.25, memoryMiB: 256 };
const scaling = scalingPolicySchema.parse({ vertical: { cpu: { min: 0.2, max: 1 } } });

let database: TestDatabase;
let pool: Pool;
let intake: LearnedLimitsIntake;
beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
  intake = new LearnedLimitsIntake({ outbox: new Outbox(), clock: { now: () => new Date(NOW) } });
});
afterAll(() => database.drop());

const by = (arrival: number): FieldChange => ({
  ...{ arrival, at: '2026-01-01T00:00:00.000Z', by: 'build-and-run', token: `t${arrival}` },
});
const first = firstSpec({ release: 'r1' }, { count: 1, limits, scaling }, by(1));
const store = (spec: ServiceSpec, token: string): Promise<void> =>
  transaction(pool, (tx) =>
    storeSpec(tx, {
      ...{ ...WEB, appName: 'Shop', spec, token, changedAt: NOW, principal: 'ada', verified: false },
    }),
  );
const learn = (cpu: number): Promise<void> =>
  transaction(pool, (tx) =>
    intake.learn(tx, { ...WEB, limits: { cpu, memoryMiB: 64 }, learnedAt: '2026-01-01T00:59:59.000Z' }),
  );
const specNow = async (): Promise<ServiceSpec> =>
  (await pool.query<{ spec: ServiceSpec }>('SELECT spec FROM specs')).rows[0]?.spec as ServiceSpec;

beforeEach(async () => {
  await pool.query('TRUNCATE specs, spec_history, releases, outbox CASCADE');
  await pool.query(`ALTER SEQUENCE task_arrivals RESTART WITH 100`);
  await pool.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release) VALUES ('r1', 'shop', 'web', 'r1', $1)`,
    [releaseWith('r1', 1)],
  );
  await store(first, 't1');
});

it('is a revision of the spec, which is published with its author', async () => {
  await learn(0.5);
  const { limits: learned, changes } = await specNow();
  expect([learned, changes.limits.by]).toEqual([{ cpu: 0.5, memoryMiB: 256 }, 'learned']);
  const { rows } = await pool.query<{ data: ServiceSpecChange }>('SELECT data FROM outbox ORDER BY seq');
  expect(rows.at(-1)?.data).toMatchObject({ limits: { cpu: 0.5 }, principal: 'slipway:rescaling' });
});

it('a task that read the spec before it was learned, and writes after, does not undo it', async () => {
  await learn(0.5);
  await store(changeSpec(first, { count: 2 }, by(2)), 't2');
  expect(await specNow()).toMatchObject({ count: 2, limits: { cpu: 0.5 } });
  const later = { count: 1, limits: { ...limits, cpu: 0.3 }, scaling };
  await store(changeSpec(await specNow(), { declares: later }, by(200)), 't3');
  expect((await specNow()).limits.cpu).toBe(0.3);
});

it('a service that nobody knows is learned nothing of', async () => {
  await pool.query('TRUNCATE specs');
  await learn(0.5);
  expect((await pool.query('SELECT FROM outbox')).rowCount).toBe(0);
});
