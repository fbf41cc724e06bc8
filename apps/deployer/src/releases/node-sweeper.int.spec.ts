import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { instanceReported } from '#libs/contracts';
import { Outbox, transaction, WorkQueue, type Pool } from '#libs/postgres';
import type { Recurring } from '#libs/runtime';
import { createLogger, createMetrics } from '#libs/telemetry';
import { until, type TestDatabase } from '#libs/testing';
import { insertInstance } from '../rollout/adapters/instance-rows.js';
import { createDeployerDatabase } from '../task/database.testing.js';
import { PostgresNodeNeeds } from './adapters/node-needs.js';
import { createNodeSweeper } from './retention.wire.js';
import type { NodeImages } from './ports.js';

const logger = createLogger({ app: 'test', replica: 'test', level: 'silent' });
const work = new WorkQueue();

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
});
afterAll(() => database.drop());

const imageOf = (n: number): string => `host/shop/web@sha256:${n}`;

/** Releases of `shop/web`, or of a service of that name, all retired an hour ago. */
async function retired(count: number, service = 'web'): Promise<void> {
  await pool.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release, created_at, retired_at)
     SELECT $2 || n, 'shop', $2, n, jsonb_build_object('image', 'host/shop/' || $2 || '@sha256:' || n),
            now() - interval '1 day', now() - interval '1 hour'
     FROM generate_series(1, $1) AS n`,
    [count, service],
  );
}

/** Nodes that answer. */
async function known(...nodes: readonly string[]): Promise<void> {
  await pool.query(`INSERT INTO node_logins (node, login) SELECT unnest($1::text[]), '{}'`, [nodes]);
  await pool.query('INSERT INTO node_checks (node) SELECT unnest($1::text[])', [nodes]);
}
beforeEach(() =>
  pool.query(
    'TRUNCATE releases, current_releases, specs, instances, work, node_logins, node_checks, node_sweeps, outbox CASCADE',
  ),
);

/** Nodes that hold these images, and what was removed of them. */
class FakeNodes implements NodeImages {
  readonly removed: string[] = [];
  readonly asked: string[] = [];
  most = 0;
  private readonly looking = new Map<string, number>();

  constructor(private readonly images: readonly string[]) {}

  async own(node: string) {
    this.asked.push(node);
    const atOnce = (this.looking.get(node) ?? 0) + 1;
    this.looking.set(node, atOnce);
    this.most = Math.max(this.most, atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    const left = this.images.filter((image) => !this.removed.includes(`${node} ${image}`));
    if (left.length === 0) this.looking.set(node, atOnce - 1);
    return left.map((image) => ({ id: image, digests: [image], tags: [] }));
  }
  async used(node: string) {
    this.looking.set(node, (this.looking.get(node) ?? 0) - 1);
    return Promise.resolve([]);
  }
  async disk() {
    return Promise.resolve({ usedBytes: 1, availableBytes: 99 });
  }
  async remove(node: string, image: string) {
    this.removed.push(`${node} ${image}`);
    return Promise.resolve(true);
  }
}

function replica(images: NodeImages, more: Partial<Record<string, number>> = {}): Recurring {
  const config = {
    ...{ RELEASE_RETENTION_INTERVAL_MS: 3_600_000, RELEASE_RETENTION_NODES_MS: 20 },
    ...{ RELEASE_RETENTION_DISK_PERCENT: 85, ...more },
  };
  const runtime = { logger, metrics: createMetrics('test'), clock: { now: () => new Date() } };
  return createNodeSweeper({ config, pool, outbox: new Outbox(), images, runtime });
}

describe('sweeps of nodes by several replicas', () => {
  it('look at each node by one of them at a time, and remove from each what is retired', async () => {
    await retired(3);
    await known('node-1', 'node-2');
    const nodes = new FakeNodes([1, 2, 3].map(imageOf));
    const replicas = [replica(nodes), replica(nodes), replica(nodes)];
    for (const one of replicas) one.start();
    await until('all to be removed', () => new Set(nodes.removed).size === 6);
    await Promise.all(replicas.map((one) => one.stop()));
    expect(nodes.most).toBe(1);
    expect(nodes.removed.toSorted()).toEqual(
      ['node-1', 'node-2'].flatMap((node) => [1, 2, 3].map((n) => `${node} ${imageOf(n)}`)),
    );
    const { rows } = await pool.query<{ data: object }>('SELECT data FROM outbox ORDER BY key');
    expect(rows.map(({ data }) => data)).toMatchObject([
      { node: 'node-1', state: 'ready', imagesRemoved: { retired: 3, forDisk: 0 } },
      { node: 'node-2', state: 'ready', imagesRemoved: { retired: 3, forDisk: 0 } },
    ]);
  });

  it.each(['RELEASE_RETENTION_INTERVAL_MS', 'RELEASE_RETENTION_NODES_MS'])(
    'are off with %s at 0',
    async (name) => {
      await retired(1);
      await known('node-1');
      const untouched = new FakeNodes([imageOf(1)]);
      const nodes = new FakeNodes([imageOf(1)]);
      const [off, on] = [replica(untouched, { [name]: 0 }), replica(nodes)];
      off.start();
      on.start();
      await until('the other to remove', () => nodes.removed.length > 0);
      await Promise.all([off.stop(), on.stop()]);
      expect(untouched.asked).toEqual([]);
    },
  );

  it('leave alone a node that does not answer, and forget one whose login is gone', async () => {
    await known('node-1', 'node-2');
    await pool.query(`UPDATE node_checks SET unreachable_since = now() WHERE node = 'node-1'`);
    const nodes = new FakeNodes([]);
    const one = replica(nodes);
    one.start();
    await until('several sweeps', () => nodes.asked.length > 3);
    await one.stop();
    expect(new Set(nodes.asked)).toEqual(new Set(['node-2']));
    await pool.query('DELETE FROM node_logins');
    expect((await pool.query('SELECT FROM node_sweeps')).rowCount).toBe(0);
  });
});

describe('what a node needs an image for', () => {
  const needs = async (node = 'node-1', until = new Date(Date.now() - 600_000)) =>
    (await new PostgresNodeNeeds(pool).neededOn(node, [imageOf(1), 'other/x@sha256:0'], until)).map(
      ({ need }) => need,
    );

  it('is nothing once it is retired, and for a rollback until then and for the time of grace', async () => {
    await retired(1);
    expect(await needs()).toEqual(['nothing']);
    expect(await needs('node-1', new Date(Date.now() - 7_200_000))).toEqual(['rollback']);
    await pool.query('UPDATE releases SET retired_at = NULL');
    expect(await needs()).toEqual(['rollback']);
  });

  it('is an instance, on its own node', async () => {
    await retired(1);
    const report = {
      ...instanceReported.example,
      ...{ appId: 'shop', service: 'web', release: 'web1', node: 'node-1' },
    };
    const stop = { signal: 'SIGTERM', graceMs: 1 };
    await transaction(pool, (tx) => insertInstance(tx, 'task', { report, stop }));
    expect(await needs('node-1')).toEqual(['now']);
    expect(await needs('node-2')).toEqual(['wanted']);
  });

  it.each(['shop/web', 'build shop/web'])('is a task of its service in the queue %s', async (key) => {
    await retired(1);
    await transaction(pool, (tx) => work.enqueue(tx, { id: 't1/web', key }));
    expect(await needs('node-2')).toEqual(['now']);
  });

  it('is what is wanted or current', async () => {
    await retired(1);
    await pool.query(
      `INSERT INTO current_releases (app_id, service, release_id) VALUES ('shop', 'web', 'web1')`,
    );
    expect(await needs()).toEqual(['wanted']);
  });

  it('is not known of what somebody else built, also where it lies in our registry', async () => {
    await retired(1);
    await pool.query(`UPDATE releases SET release = release || '{"config": {"runtime": "image"}}'`);
    expect(await needs()).toEqual([]);
  });
});
