import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Pool } from '#libs/postgres';
import type { ImageRegistry } from '#libs/registry';
import type { Recurring } from '#libs/runtime';
import { createLogger, createMetrics } from '#libs/telemetry';
import { until, type TestDatabase } from '#libs/testing';
import type { DeployerConfig } from '../deployer.config.js';
import { createDeployerDatabase } from '../task/database.testing.js';
import { createRetention } from './retention.wire.js';

const logger = createLogger({ app: 'test', replica: 'test', level: 'silent' });

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
});
afterAll(() => database.drop());

/** Releases retired an hour ago. */
async function retired(count: number): Promise<void> {
  await pool.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release, retired_at)
     SELECT n, 'shop', 'web', n, jsonb_build_object('image', 'host/shop/web@sha256:' || n), now() - interval '1 hour'
     FROM generate_series(1, $1) AS n`,
    [count],
  );
}
beforeEach(() => pool.query('TRUNCATE releases CASCADE'));

/** A registry that takes its time, and what it saw. */
class SlowRegistry {
  readonly host = 'host';
  readonly deleted: string[] = [];
  most = 0;
  private atOnce = 0;

  async deleteImage(_repository: string, digest: string): Promise<void> {
    this.atOnce += 1;
    this.most = Math.max(this.most, this.atOnce);
    await delay(20);
    this.deleted.push(digest);
    this.atOnce -= 1;
  }
}

function replica(registry: SlowRegistry, intervalMs = 10): Recurring {
  const config = {
    RELEASE_RETENTION_INTERVAL_MS: intervalMs,
    RELEASE_RETENTION_GOOD: 5,
    RELEASE_RETENTION_COUNT: 20,
    RELEASE_RETENTION_DAYS: 30,
  } as DeployerConfig;
  const clock = { now: () => new Date() };
  const runtime = { logger, metrics: createMetrics('test'), clock, sessions: pool };
  return createRetention({ config, pool, registry: registry as unknown as ImageRegistry, runtime });
}

describe('the retention of several replicas', () => {
  it('runs on one of them at a time, and deletes each image once', async () => {
    await retired(12);
    const registry = new SlowRegistry();
    const replicas = [replica(registry), replica(registry), replica(registry)];
    for (const one of replicas) one.start();
    await until('all to be deleted', () => registry.deleted.length >= 12);
    await Promise.all(replicas.map((one) => one.stop()));
    expect(registry.most).toBe(1);
    expect(registry.deleted.toSorted()).toEqual([...new Set(registry.deleted)].toSorted());
    expect(registry.deleted).toHaveLength(12);
  });

  it('ends after the image that is being deleted, and another replica goes on', async () => {
    await retired(6);
    const registry = new SlowRegistry();
    const [first, second] = [replica(registry), replica(registry)];
    first.start();
    await until('the first to be deleted', () => registry.deleted.length > 0);
    await first.stop();
    const { length } = registry.deleted;
    expect(length).toBeLessThan(6);
    second.start();
    await until('the rest to be deleted', () => registry.deleted.length === 6);
    await second.stop();
  });

  it('does not run at all with an interval of 0', async () => {
    await retired(1);
    const registry = new SlowRegistry();
    const [off, on] = [replica(registry, 0), replica(new SlowRegistry())];
    off.start();
    on.start();
    await until('the other to delete', async () => {
      const { rowCount } = await pool.query('SELECT FROM releases WHERE image_deleted_at IS NOT NULL');
      return rowCount === 1;
    });
    await Promise.all([off.stop(), on.stop()]);
    expect(registry.deleted).toEqual([]);
  });
});
