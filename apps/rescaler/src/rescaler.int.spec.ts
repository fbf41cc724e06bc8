import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appSchemas } from '#libs/app-roles';
import { type LimitRequest, limitRequested } from '#libs/contracts';
import { keepPartitions, Outbox, type Pool } from '#libs/postgres';
import { appPool, createTestDatabase, migrateApp, type TestDatabase } from '#libs/testing';
import { PostgresDecisions, PostgresDecisionView } from './decisions/adapters/postgres-decisions.js';
import { LIMIT_FIGURES, PostgresFigures } from './history/adapters/postgres-figures.js';
import { PostgresHostLeases } from './hosts/adapters/postgres-leases.js';
import { PostgresLearning } from './learning/adapters/postgres-learning.js';
import type { AskedChange } from './rescaling/ports.js';
import { PostgresSettings } from './settings/adapters/postgres-settings.js';
import {
  CurrentSaid,
  PostgresHostStates,
  PostgresStructures,
} from './structures/adapters/postgres-structures.js';
import type { Explanation } from './structures/domain/wish.js';

const AT = Date.parse('2026-01-01T00:00:00.000Z');
const REQUEST = '0197f5a4-2c61-7b53-9d0e-3f0a4be1c111';
const OWNER = { appId: 'shop', service: 'web' };

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase({ roles: true, schema: appSchemas.rescaler });
  const owner = appPool(database, 'node-manager');
  await migrateApp('node-manager', owner).finally(() => owner.end());
  pool = appPool(database, 'rescaler');
  await migrateApp('rescaler', pool);
  await keepPartitions(pool, new Date(), { table: LIMIT_FIGURES, keepDays: 1 });
});
beforeEach(() =>
  pool.query(
    `TRUNCATE host_leases, host_states, structure_records, structure_history, settings_versions, decisions,
       learned_limits, outbox`,
  ),
);
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const because: Explanation = {
  ...{ resource: 'cpu', policy: 'slo', current: 20, usage: 19, raw: 40, target: 40 },
  ...{ bounds: { min: 20, max: 100 }, constraint: 'target', by: 'held back' },
};
const change: AskedChange = {
  ...{ container: 'web-1', isInstance: true, owner: OWNER, limits: { cpu: 40 }, because: [because] },
};

describe('a decision', () => {
  const decisions = (holder: string) => new PostgresDecisions({ pool, outbox: new Outbox(), holder });
  const held = async (holder: string): Promise<number> =>
    (await new PostgresHostLeases(pool, holder).hold(['node-1']))[0]?.fence ?? 0;
  const asked = async (fence: number, holder = 'a', at = AT) =>
    decisions(holder).ask({ host: 'node-1', fence, request: REQUEST, at, changes: [change] });
  const shown = async () => new PostgresDecisionView(pool).decisions(OWNER, {}, 10);

  it('asks the agent in the same transaction as it says why, and keeps what the kernel applied', async () => {
    expect(await asked(await held('a'))).toBe(true);
    const { rows } = await pool.query<{ data: LimitRequest }>('SELECT data FROM outbox');
    expect(limitRequested.schema.parse(rows[0]?.data)).toMatchObject({
      ...{ request: REQUEST, node: 'node-1', changes: [{ instance: 'web-1', limits: { cpus: 0.4 } }] },
    });
    await decisions('a').answered({
      ...{ request: REQUEST, node: 'node-1', at: new Date(AT).toISOString() },
      changes: [{ instance: 'web-1', applied: { cpus: 0.4, memoryBytes: 64 } }],
    });
    expect((await shown()).map(({ item }) => item)).toMatchObject([
      { limit: 'cpu', from: 0.2, to: 0.4, applied: 0.4, by: 'held back', policy: 'slo', request: REQUEST },
    ]);
  });

  it('of a replica that has lost the host is not asked for', async () => {
    const fence = await held('a');
    expect(await held('b')).toBe(0);
    await pool.query(`UPDATE host_leases SET until = now() - interval '1 s'`);
    expect(await held('b')).toBeGreaterThan(fence);
    expect(await asked(fence)).toBe(false);
    expect([(await shown()).length, (await pool.query('SELECT FROM outbox')).rowCount]).toEqual([0, 0]);
  });

  it('that changed nothing is one row for as long as one reason goes on', async () => {
    const fence = await held('a');
    const hold = { because: { ...because, target: 20, constraint: 'steady' as const }, since: AT, times: 1 };
    for (const [times, until] of [
      [1, AT],
      [9, AT + 8_000],
    ] as const)
      await decisions('a').holds([
        {
          ...{ host: 'node-1', fence, container: 'web-1', owner: OWNER },
          hold: { ...hold, times, until },
        },
      ]);
    expect((await shown()).map(({ item }) => [item.times, item.constraint, item.to])).toEqual([
      [9, 'steady', 0.2],
    ]);
  });
});

describe('what is said of structures', () => {
  it('has revisions with who and why, also where it was taken back', async () => {
    const record = new PostgresStructures(pool);
    const by = { principal: 'ada', reason: 'the sale' };
    await record.change('service', 'shop/web', by, () => ({ guarded: false }));
    await record.change('service', 'shop/web', by, (before) => ({ ...before, policy: 'fixed' }));
    const current = new CurrentSaid(pool);
    await current.refresh();
    expect(current.of('service', 'shop/web')).toEqual({ guarded: false, policy: 'fixed' });
    await record.change('service', 'shop/web', by, () => undefined);
    await current.refresh();
    expect(current.of('service', 'shop/web')).toBeUndefined();
    const history = await record.history('service', 'shop/web', 10);
    expect(history.map(({ revision, said, reason }) => [revision, said !== undefined, reason])).toEqual([
      [3, false, 'the sale'],
      [2, true, 'the sale'],
      [1, true, 'the sale'],
    ]);
  });

  it('settings have versions, and a change that is refused makes none', async () => {
    const settings = new PostgresSettings(pool);
    expect((await settings.current()).version).toBe(0);
    await settings.change({ principal: 'ada' }, () => ({ windowMs: 5_000 }));
    const refused = settings.change({ principal: 'ada' }, () => {
      throw new Error('unfit');
    });
    await expect(refused).rejects.toThrow('unfit');
    expect(await settings.current()).toMatchObject({ version: 1, settings: { windowMs: 5_000 } });
    expect(await settings.versions(10)).toHaveLength(1);
  });
});

it('a host is shown as its holder of the highest fence wrote it', async () => {
  const states = new PostgresHostStates(pool);
  const host = (free: number, fence: number) => ({
    ...{ host: { name: 'node-1', resources: { cpu: { max: 200, free } } }, containers: [], fence },
  });
  await states.write([host(100, 2)]);
  await states.write([host(50, 1)]);
  expect(await states.all()).toMatchObject([{ host: { resources: { cpu: { free: 100 } } } }]);
});

it('what was used in the last hour is told at most every ten minutes', async () => {
  const begun = Date.now() - (Date.now() % 10_000);
  const one = { ...OWNER, cpuLimit: 1, throttled: 0, memoryLimit: 2_000_000 };
  const figures = Array.from({ length: 3 }, (_, n) => ({
    ...{ host: 'node-1', begun: begun - n * 10_000, fence: 1, settings: 0 },
    containers: [
      { ...one, container: 'web-1', cpuUsed: 0.2, memoryUsed: 1_000_000 },
      { ...one, container: 'web-2', cpuUsed: n === 0 ? 0.8 : null, memoryUsed: null },
    ],
  }));
  await new PostgresFigures(pool).store(figures);
  await new PostgresFigures(pool).store(figures);
  const learning = new PostgresLearning({ pool, outbox: new Outbox() });
  expect(await learning.used()).toMatchObject([{ ...OWNER, spans: 6, memory: 1_000_000 }]);
  const tell = (cpu: number) => learning.tell(OWNER, { cpu, memoryMiB: 64 }, new Date());
  expect([await tell(0.5), await tell(0.9)]).toEqual([true, false]);
  await pool.query(`UPDATE learned_limits SET told_at = now() - interval '11 minutes'`);
  expect([await tell(0.52), await tell(0.9)]).toEqual([false, true]);
  expect((await pool.query('SELECT FROM outbox')).rowCount).toBe(2);
});
