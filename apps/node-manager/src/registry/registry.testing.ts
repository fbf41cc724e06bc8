import { randomBytes } from 'node:crypto';
import { instanceReported, type InstanceReport } from '#libs/contracts';
import { type Pool, transaction } from '#libs/postgres';
import {
  type AppProcess,
  appPool,
  createTestDatabase,
  requireEnv,
  spawnApp,
  type TestDatabase,
  uniqueName,
  untilReady,
} from '#libs/testing';
import { recordReport } from './adapters/postgres-registry.js';

export const READ_TOKEN = 'the-token-that-reads';

/** For tests: one registry and several node managers on it, with topics of their own. */
export interface RegistryWorld {
  readonly database: TestDatabase;
  readonly pool: Pool;
  readonly apps: readonly AppProcess[];
  readonly urls: readonly string[];
  /** Folds a report in, as the consumer does. */
  report(changes: Partial<InstanceReport>): Promise<void>;
  stop(): Promise<readonly (number | null)[]>;
}

export async function startRegistryWorld(replicas: number): Promise<RegistryWorld> {
  const database = await createTestDatabase({ roles: true });
  const apps = Array.from({ length: replicas }, () =>
    spawnApp('node-manager', {
      ...{ KAFKA_BROKERS: requireEnv('KAFKA_BROKERS'), KAFKA_PREFIX: `${uniqueName('registry')}.` },
      ...database.appUrls,
      SLIPWAY_NODE_KEY: randomBytes(32).toString('base64url'),
      SLIPWAY_API_TOKEN: 'the-token-that-changes',
      SLIPWAY_READ_TOKEN: READ_TOKEN,
    }),
  );
  await Promise.all(apps.map((app) => untilReady(app)));
  const pool = appPool(database, 'node-manager');
  return {
    ...{ database, pool, apps, urls: apps.map((app) => String(app.httpUrls()['node-manager'])) },
    report: (changes) => transaction(pool, (tx) => recordReport(tx, { ...EXAMPLE, ...changes })),
    async stop() {
      const ends = await Promise.all(apps.map((app) => app.stop()));
      await pool.end();
      await database.drop();
      return ends.map(({ code }) => code);
    },
  };
}

const {
  reason: _reason,
  crashing: _crashing,
  ...EXAMPLE
} = instanceReported.schema.parse(instanceReported.example);

/** The given second of a day long ago, RFC 3339. */
export const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
