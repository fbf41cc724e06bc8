import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AgentDatabase } from '../leases/leases.testing.js';
import { keepPartitions } from './adapters/partitions.js';
import { PostgresMinutes } from './adapters/postgres-minutes.js';
import type { NodeMinute } from './domain/minute.js';

let database: AgentDatabase;
beforeAll(async () => {
  database = await AgentDatabase.create();
  await keepPartitions(database.pool, new Date(), 14);
});
beforeEach(async () => {
  await database.empty();
  await lease('node-1', { fence: 3 });
});
afterAll(() => database.close());

const lease = (node: string, { fence }: { readonly fence: number }) =>
  database.query(
    `INSERT INTO node_leases (node, holder, fence, until) VALUES ($1, 'me', $2, now() + interval '1 minute')`,
    [node, fence],
  );

const MINUTE = Math.floor(Date.now() / 60_000) * 60_000;
const minute = (changes: Partial<NodeMinute> = {}): NodeMinute => ({
  ...{ node: 'node-1', fence: 3, minuteMs: MINUTE, seconds: 60 },
  host: {
    ...{ cpu: [0.5, 2, 1.5], memory: [5e9, 6e9, 5.5e9], diskRead: undefined, diskWritten: [1, 2, 3] },
    ...{ networkIn: undefined, networkOut: undefined },
  },
  others: { cpu: [0, 0, 0], memory: [0, 0, 0] },
  instances: ['shop-web-1', 'shop-web-2'].map((instance, n) => ({
    ...{ instance, seconds: 60 - n, cpu: [0.25, 0.5, 0.4], memory: [1e8, 2e8, 1.5e8] },
    identity: { container: 'c', appId: 'shop', service: 'web', release: 'r' },
    throttled: n === 0 ? [0.1, 0.9, 0.5] : undefined,
  })),
  ...changes,
});
const rows = async () => (await database.query<Record<string, unknown>>('SELECT * FROM node_minutes')).rows;

it('a minute is one row with arrays, in the partition of its day', async () => {
  await new PostgresMinutes(database.pool, 'me').store([minute()]);
  expect(await rows()).toMatchObject([
    {
      ...{ node: 'node-1', minute: new Date(MINUTE), fence: '3', seconds: 60 },
      ...{ host_cpu: [0.5, 2, 1.5], host_memory: [5e9, 6e9, 5.5e9], host_disk_read: null },
      ...{ instances: ['shop-web-1', 'shop-web-2'], app_ids: ['shop', 'shop'], instance_seconds: [60, 59] },
      ...{ cpu_mean: [0.25, 0.25], cpu_max: [0.5, 0.5], cpu_p95: [0.4, 0.4] },
      ...{ throttled_mean: [0.1, null], throttled_max: [0.9, null], memory_max: [2e8, 2e8] },
    },
  ]);
});

it('a minute that comes again is stored once, and of nodes without instances, too', async () => {
  const minutes = new PostgresMinutes(database.pool, 'me');
  for (let n = 0; n < 2; n += 1) await minutes.store([minute({ instances: [] })]);
  expect(await rows()).toHaveLength(1);
});

it.each([
  ['of a fence before', () => minute({ fence: 2 }), 'me'],
  ['of a node that is not leased', () => minute({ node: 'node-2' }), 'me'],
  ["under another's lease", () => minute(), 'somebody else'],
])('a minute %s is not stored', async (_what, stale, holder) => {
  await new PostgresMinutes(database.pool, holder).store([stale()]);
  expect(await rows()).toEqual([]);
});

it('a minute under a lapsed lease is not stored', async () => {
  await database.query(`UPDATE node_leases SET until = now() - interval '1 ms'`);
  await new PostgresMinutes(database.pool, 'me').store([minute()]);
  expect(await rows()).toEqual([]);
});

it('days that are too old are dropped as a whole; tomorrow has a place already', async () => {
  const names = async (): Promise<readonly string[]> => {
    const { rows: found } = await database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
       WHERE inhparent = 'node_minutes'::regclass ORDER BY 1`,
    );
    return found.map(({ name }) => name);
  };
  const at = (day: string): Date => new Date(`${day}T12:00:00Z`);
  await keepPartitions(database.pool, at('2020-02-28'), 14);
  expect((await names()).slice(0, 2)).toEqual(['node_minutes_20200228', 'node_minutes_20200229']);
  expect(await keepPartitions(database.pool, at('2020-03-13'), 14)).toEqual([]);
  expect(await keepPartitions(database.pool, at('2020-03-14'), 14)).toEqual(['node_minutes_20200228']);
  expect((await names())[0]).toBe('node_minutes_20200229');
});
