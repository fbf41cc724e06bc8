import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { keepPartitions } from '#libs/postgres';
import { AgentDatabase } from '../leases/leases.testing.js';
import { PostgresSpans, spanTables, type SpanTable } from './adapters/postgres-spans.js';
import type { NodeSpan } from './domain/span.js';

const ALL: readonly SpanTable[] = Object.values(spanTables);

let database: AgentDatabase;
beforeAll(async () => {
  database = await AgentDatabase.create();
  for (const table of ALL) await keepPartitions(database.pool, new Date(), { table, keepDays: 14 });
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
const minute = (changes: Partial<NodeSpan> = {}): NodeSpan => ({
  ...{ node: 'node-1', fence: 3, beginMs: MINUTE, seconds: 60 },
  host: {
    ...{ cpu: [0.5, 2, 1.5], memory: [5e9, 6e9, 5.5e9], diskRead: undefined, diskWritten: [1, 2, 3] },
    ...{ networkIn: undefined, networkOut: undefined },
  },
  others: { cpu: [0, 0, 0], memory: [0, 0, 0] },
  instances: ['shop-web-1', 'shop-web-2'].map((instance, n) => ({
    ...{ instance, seconds: 60 - n, cpu: [0.25, 0.5, 0.4], memory: [1e8, 2e8, 1.5e8] },
    identity: { container: 'c', appId: 'shop', service: 'web', release: 'r' },
    cpuPeak: n === 0 ? [0.7, 1.5, 1.25] : undefined,
    throttled: n === 0 ? [0.1, 0.9, 0.5] : undefined,
  })),
  ...changes,
});
const rows = async (table: SpanTable = spanTables.minutes) =>
  (await database.query<Record<string, unknown>>(`SELECT * FROM ${table}`)).rows;
const spansOf = (holder: string, table: SpanTable = spanTables.minutes) =>
  new PostgresSpans(database.pool, table, holder);

it('a minute is one row with arrays, in the partition of its day', async () => {
  await spansOf('me').store([minute()]);
  expect(await rows()).toMatchObject([
    {
      ...{ node: 'node-1', minute: new Date(MINUTE), fence: '3', seconds: 60 },
      ...{ host_cpu: [0.5, 2, 1.5], host_memory: [5e9, 6e9, 5.5e9], host_disk_read: null },
      ...{ instances: ['shop-web-1', 'shop-web-2'], app_ids: ['shop', 'shop'], instance_seconds: [60, 59] },
      ...{ cpu_mean: [0.25, 0.25], cpu_max: [0.5, 0.5], cpu_p95: [0.4, 0.4] },
      ...{ cpu_peak_mean: [0.7, null], cpu_peak_max: [1.5, null], cpu_peak_p95: [1.25, null] },
      ...{ throttled_mean: [0.1, null], throttled_max: [0.9, null], memory_max: [2e8, 2e8] },
    },
  ]);
});

it('ten seconds are one row with the instances, and nothing of the node', async () => {
  await spansOf('me', spanTables.tenSeconds).store([minute()]);
  const [row] = await rows(spanTables.tenSeconds);
  expect(row).toMatchObject({
    ...{ node: 'node-1', begun: new Date(MINUTE), fence: '3', services: ['web', 'web'] },
    ...{
      cpu_mean: [0.25, 0.25],
      cpu_max: [0.5, 0.5],
      cpu_peak_max: [1.5, null],
      memory_max: [2e8, 2e8],
      throttled_max: [0.9, null],
    },
  });
  expect(row).not.toHaveProperty('host_cpu');
});

it('a minute that comes again is stored once, and of nodes without instances, too', async () => {
  const minutes = spansOf('me');
  for (let n = 0; n < 2; n += 1) await minutes.store([minute({ instances: [] })]);
  expect(await rows()).toHaveLength(1);
});

it.each([
  ['of a fence before', () => minute({ fence: 2 }), 'me'],
  ['of a node that is not leased', () => minute({ node: 'node-2' }), 'me'],
  ["under another's lease", () => minute(), 'somebody else'],
])('a minute %s is not stored', async (_what, stale, holder) => {
  await spansOf(holder).store([stale()]);
  expect(await rows()).toEqual([]);
});

it('a minute under a lapsed lease is not stored', async () => {
  await database.query(`UPDATE node_leases SET until = now() - interval '1 ms'`);
  await spansOf('me').store([minute()]);
  expect(await rows()).toEqual([]);
});

it.each(ALL)('days of %s that are too old are dropped as a whole; tomorrow has a place', async (table) => {
  const names = async (): Promise<readonly string[]> => {
    const { rows: found } = await database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
       WHERE inhparent = $1::regclass ORDER BY 1`,
      [table],
    );
    return found.map(({ name }) => name);
  };
  const keep = (day: string) =>
    keepPartitions(database.pool, new Date(`${day}T12:00:00Z`), { table, keepDays: 14 });
  await keep('2020-02-28');
  expect((await names()).slice(0, 2)).toEqual([`${table}_20200228`, `${table}_20200229`]);
  expect(await keep('2020-03-13')).toEqual([]);
  expect(await keep('2020-03-14')).toEqual([`${table}_20200228`]);
  expect((await names())[0]).toBe(`${table}_20200229`);
});
