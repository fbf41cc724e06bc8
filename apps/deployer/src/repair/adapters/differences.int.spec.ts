import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../../task/database.testing.js';
import type { SeenNode } from '../ports.js';
import { PostgresDifferences } from './differences.js';
import { NodeChecks } from './node-checks.js';

const NODE = 'node-1';
const SINCE = '2026-01-01T00:00:00.000Z';

let database: TestDatabase;
let differences: PostgresDifferences;
beforeAll(async () => {
  database = await createDeployerDatabase();
  differences = new PostgresDifferences(database.pool);
});
afterAll(() => database.drop());
beforeEach(async () => {
  const { pool } = database;
  await pool.query('TRUNCATE instances, node_checks, work');
  await pool.query('INSERT INTO node_checks (node, cleaned_at) VALUES ($1, $2)', [NODE, SINCE]);
});

const recorded = (name: string, { state = 'running', node = NODE, report = {} } = {}) =>
  database.pool.query(
    `INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id, state)
     VALUES ($1, 't/web', 'shop', 'web', $2, $3, $4, '{}', 'r', $5)`,
    [name, node, `c-${name}`, report, state],
  );
const busy = () =>
  database.pool.query(`INSERT INTO work (id, key, state) VALUES ('t', 'shop/web', 'running')`);

const seen: SeenNode = {
  ...{ node: NODE, alive: true, since: SINCE, lost: false, leaving: false },
  containers: ['c-a'],
};
const between = async (...nodes: readonly Partial<SeenNode>[]): Promise<readonly string[]> => {
  const found = await differences.between(nodes.map((node) => ({ ...seen, ...node })));
  return found.map(({ node, kind, about }) => `${node} ${kind} ${about}`).sort();
};

it('there is none while what runs is what is recorded, on each of several nodes', async () => {
  await recorded('a');
  await recorded('b', { node: 'node-2' });
  await database.pool.query(`INSERT INTO node_checks (node, cleaned_at) VALUES ('node-2', $1)`, [SINCE]);
  expect(await between({}, { node: 'node-2', containers: ['c-b'] })).toEqual([]);
  expect(await between()).toEqual([]);
});

it('an instance that does not run is one, unless a task of its service decides, or nobody knows what runs', async () => {
  await recorded('a');
  await recorded('b');
  expect(await between({})).toEqual(['node-1 missing b']);
  expect(await between({ containers: [] })).toEqual(['node-1 missing a', 'node-1 missing b']);
  expect(await between({ containers: null })).toEqual([]);
  await busy();
  expect(await between({})).toEqual([]);
});

it('a container without a record is one', async () => {
  expect(await between({})).toEqual(['node-1 unknown c-a']);
});

it('instances of an unreachable node are one once the node is lost, and nothing else of it is', async () => {
  await recorded('a');
  await recorded('b', { state: 'abandoned' });
  const cut = { alive: false, containers: null };
  expect(await between(cut)).toEqual([]);
  expect(await between({ ...cut, lost: true })).toEqual([expect.stringMatching(/^node-1 lost a 2026-01-01/)]);
  await busy();
  expect(await between({ ...cut, lost: true })).toEqual([]);
});

it('what is to be removed, what crashes and what is to leave are each one', async () => {
  await recorded('a', { report: { crashing: { restarts: 1, since: SINCE } } });
  await recorded('b', { state: 'abandoned' });
  expect(await between({})).toEqual(['node-1 abandoned b', 'node-1 crashing a']);
  expect(await between({ leaving: true })).toEqual([
    ...['node-1 abandoned b', 'node-1 crashing a', 'node-1 leaving a false', 'node-1 leaving b false'],
  ]);
  await busy();
  expect(await between({ leaving: true })).toContain('node-1 leaving a true');
});

it('a node that returned is one until it is clean', async () => {
  await recorded('a');
  const later = '2026-01-02T00:00:00.000Z';
  expect(await between({ since: later })).toEqual([expect.stringMatching(/^node-1 returned 2026-01-02/)]);
  await database.pool.query('UPDATE node_checks SET cleaned_at = $1', [later]);
  expect(await between({ since: later })).toEqual([]);
});

it('a node that is hastened while it is looked at is due again after that', async () => {
  const { pool } = database;
  const checks = new NodeChecks(pool);
  await pool.query(`INSERT INTO node_logins (node, login) VALUES ($1, '{}') ON CONFLICT DO NOTHING`, [NODE]);
  const finish = { nextMs: 60_000, leaseMs: 30_000, asked: true };
  expect(await checks.claim(30_000, 8)).toEqual([NODE]);
  await checks.finish(NODE, finish);
  expect(await checks.claim(30_000, 8)).toEqual([]);
  await checks.hasten([NODE]);
  expect(await checks.claim(30_000, 8)).toEqual([NODE]);
  await checks.hasten([NODE]);
  expect(await checks.claim(30_000, 8)).toEqual([]);
  await checks.finish(NODE, finish);
  expect(await checks.claim(30_000, 8)).toEqual([NODE]);
});
