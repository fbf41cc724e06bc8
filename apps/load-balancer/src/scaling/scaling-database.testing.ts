import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { ScaleReply } from '#libs/contracts';
import { Outbox, type Pool, transaction } from '#libs/postgres';
import { appPool, createTestDatabase, migrateApp, type TestDatabase } from '#libs/testing';
import { PostgresScalingLeases } from './adapters/postgres-scaling-leases.js';
import { endScaling, PostgresScalingRecord } from './adapters/postgres-scaling-record.js';
import { decide } from './domain/decide.js';
import { sampleOf } from './domain/figures.js';
import { type Recorded, recordOf } from './domain/recorded.js';
import { figuresOf, inputOf, policyOf, T0, traffic } from './domain/scaling.testing.js';
import type { ScalingChange } from './ports.js';

export const web = { appId: 'shop', service: 'web' };

/** For tests: a database with what the scaling of a load balancer reads and writes, emptied of the latter before each. */
export function scalingDatabaseOfFile() {
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
  return {
    get pool() {
      return pool;
    },
    get registry() {
      return registry;
    },
    leasesOf: (holder: string) => new PostgresScalingLeases(pool, holder),
    recordFor: (holder: string) => new PostgresScalingRecord({ pool, outbox: new Outbox(), holder }),
    rows: async (sql: string) => (await pool.query(sql)).rows as unknown[],
    answer: (reply: Pick<ScaleReply, 'token' | 'status'> & Partial<ScaleReply>) =>
      transaction(pool, (tx) => endScaling(tx, reply)),
    /** A service of which so many are wanted. */
    wants: (service: string, count: number, scaling: object | null, release = 'r1') =>
      registry.query(
        `INSERT INTO registry.spec_records (app_id, service, app_name, state, count, release, revision, scaling, changed_at)
         VALUES ('shop', $1, 'The shop', 'running', $2, $3, 1, $4, now())`,
        [service, count, release, scaling],
      ),
  };
}

/** A change from two to four. */
export function changeOf(fence: number, token = 'scaling-1'): ScalingChange {
  const figures = figuresOf(2, {}, { traffic: traffic({ inFlight: 70 }) });
  const { explanation, state } = decide(inputOf(policyOf(), { figures }));
  const kept = { state, asking: { asked: { token, count: explanation.count, at: T0 } } };
  return { ...web, fence, at: T0, token, explanation, reason: 'because', kept };
}

/** Ten seconds of two instances, from so many seconds after `T0`. */
export function tenSeconds(after: number, inFlight: number): Recorded {
  const at = T0 + after * 1_000;
  const load = traffic({ inFlight, requestsPerSecond: inFlight });
  const sample = sampleOf(figuresOf(2, { cpuPercent: 40 }, { traffic: load }), at);
  const recorded = recordOf([{ current: 2, seen: 10, sample }], at, 10);
  if (recorded === undefined) throw new Error('nothing recorded');
  return recorded;
}
