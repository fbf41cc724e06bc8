import type { PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { deleteOld, type Pool, transaction } from '#libs/postgres';
import { explained, until } from '#libs/testing';
import { readChanges, readDrainRevision, readSnapshot, type RegistryChange } from './changes.js';
import { ADD_INSTANCE, ADD_NODE, createTestRegistry, type TestRegistry } from './registry.testing.js';
import { readInstances, readNodeLogin, readNodes, readServices } from './views.js';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry();
});
afterAll(() => registry.close());
beforeEach(() => registry.owner.query('DELETE FROM node_records; DELETE FROM instance_records'));

const addNode = (name: string) => registry.owner.query(ADD_NODE, [name]);
const addInstance = (name: string, service = 'web', state = 'running') =>
  registry.owner.query(ADD_INSTANCE, [name, service, state]);
const latest = async (): Promise<number> => (await readSnapshot(registry.reader)).revision;
const changesSince = async (revision: number): Promise<readonly RegistryChange[]> =>
  (await readChanges(registry.reader, revision)) ?? [];
const told = (changes: readonly RegistryChange[]): readonly string[] =>
  changes.map(({ kind, name }) => `${kind} ${name}`);

describe('the views', () => {
  it('are read with numbers as numbers, times as dates, and by filter', async () => {
    await addNode('node-1');
    await addInstance('a');
    await addInstance('b', 'api', 'stopped');
    const [node] = await readNodes(registry.reader);
    expect(node).toMatchObject({ name: 'node-1', sshPort: 22, cpus: 2, memoryBytes: 8e9, firstPort: 20_000 });
    expect(node?.enrolledAt).toBeInstanceOf(Date);
    expect(await readInstances(registry.reader, { service: 'web' })).toMatchObject([
      {
        name: 'a',
        state: 'running',
        appId: 'shop',
        memoryMiB: 128,
        cpu: 0.25,
        port: 20_000,
        accessToken: 't1',
      },
    ]);
    expect(await readInstances(registry.reader, { node: 'node-2' })).toEqual([]);
    expect((await readInstances(registry.reader, { state: 'stopped' })).map(({ name }) => name)).toEqual([
      'b',
    ]);
    expect(await readServices(registry.reader, { appId: 'shop' })).toMatchObject([
      { service: 'api', running: 0, release: null },
      { service: 'web', running: 1, release: 'r1', appName: 'The shop' },
    ]);
  });

  it('of logins are not for every app', async () => {
    await addNode('node-1');
    expect(await readNodeLogin(registry.owner, 'node-1')).toMatchObject({
      node: { name: 'node-1' },
      loginEncrypted: 'sealed',
    });
    expect(await readNodeLogin(registry.owner, 'node-2')).toBeUndefined();
    await expect(readNodeLogin(registry.reader, 'node-1')).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      retriable: true,
    });
  });
});

describe('changes since a revision', () => {
  it('are what is new, different or gone, in order, once each, as it is now', async () => {
    await addNode('node-1');
    const before = await latest();
    expect(await changesSince(before)).toEqual([]);
    await addInstance('a');
    await addNode('node-2');
    await registry.owner.query(`UPDATE node_records SET state = 'cordoned' WHERE name = 'node-1'`);
    await registry.owner.query(`UPDATE instance_records SET state = 'draining'`);
    await registry.owner.query(`DELETE FROM node_records WHERE name = 'node-2'`);
    const changes = await changesSince(before);
    expect(told(changes)).toEqual(['node node-1', 'instance a', 'service shop/web', 'node node-2']);
    expect(changes).toMatchObject([
      { node: { name: 'node-1', state: 'cordoned' } },
      { instance: { name: 'a', state: 'draining' } },
      { service: { service: 'web', running: 0 } },
      { name: 'node-2', node: undefined },
    ]);
    const revisions = changes.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(await latest()).toBe(revisions.at(-1));
  });

  it('are read in batches without a gap', async () => {
    const before = await latest();
    for (let n = 0; n < 5; n += 1) await addNode(`node-${n}`);
    const first = (await readChanges(registry.reader, before, 3)) ?? [];
    const rest = await changesSince(first.at(-1)?.revision ?? 0);
    expect(told([...first, ...rest])).toEqual([0, 1, 2, 3, 4].map((n) => `node node-${n}`));
  });

  it('are none when a node was only heard of again, or a transaction was rolled back', async () => {
    await addNode('node-1');
    const before = await latest();
    await registry.owner.query(`UPDATE node_records SET updated_at = now(), reported_at = now()`);
    const failed = transaction(registry.owner, async (tx) => {
      await tx.query(ADD_NODE, ['node-2']);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await changesSince(before)).toEqual([]);
    expect(await latest()).toBe(before);
  });

  it('of a transaction that began earlier and commits later are not skipped', async () => {
    const before = await latest();
    const early = await registry.owner.connect();
    await early.query('BEGIN');
    await early.query(ADD_NODE, ['early']);
    await addNode('late');
    const seen = await changesSince(before);
    expect(told(seen)).toEqual(['node late']);
    await early.query('COMMIT');
    early.release();
    expect(told(await changesSince(seen.at(-1)?.revision ?? 0))).toEqual(['node early']);
  });

  const isWaiting = async (client: PoolClient): Promise<boolean> => {
    const { processID } = client as unknown as { readonly processID: number };
    const { rowCount } = await registry.reader.query('SELECT FROM pg_locks WHERE pid = $1 AND NOT granted', [
      processID,
    ]);
    return rowCount === 1;
  };

  it('become visible in their order, even where one has its revision long before it commits', async () => {
    const before = await latest();
    const [first, second] = [await registry.owner.connect(), await registry.owner.connect()];
    await first.query('BEGIN');
    await first.query(ADD_NODE, ['first']);
    // As at its commit: it has the lower revision from here on.
    await first.query('SET CONSTRAINTS ALL IMMEDIATE');
    const overtaking = second.query(ADD_NODE, ['second']);
    await until('the second to wait for the first', () => isWaiting(second));
    expect(await changesSince(before)).toEqual([]);
    await first.query('COMMIT');
    await overtaking;
    [first, second].forEach((client) => client.release());
    expect(told(await changesSince(before))).toEqual(['node first', 'node second']);
  });

  it('transactions that change the same nodes do not deadlock by the lock of revisions', async () => {
    for (const name of ['a', 'b', 'c']) await addNode(name);
    const cordon = (names: readonly string[]) =>
      transaction(registry.owner, async (tx) => {
        for (const name of names)
          await tx.query(`UPDATE node_records SET state = state || '.' WHERE name = $1`, [name]);
      });
    // One has changed a row when it comes to the other's: it would wait for that with the lock, if it had it by then.
    const rounds = Array.from({ length: 20 }, () => Promise.all([cordon(['a', 'c']), cordon(['c', 'b'])]));
    await Promise.all(rounds);
    expect((await readNodes(registry.reader)).map(({ state }) => state.length - 'ready'.length)).toEqual([
      20, 20, 40,
    ]);
  });

  it('of writers at once reach a reader that follows them completely', async () => {
    let revision = await latest();
    const seen = new Set<string>();
    let writing = true;
    const names = Array.from({ length: 60 }, (_, n) => `node-${n}`);
    const writers = [0, 1, 2].map(async (writer) => {
      for (const name of names.filter((_, n) => n % 3 === writer)) await addNode(name);
    });
    const readOn = async (): Promise<number> => {
      const changes = await changesSince(revision);
      for (const { name } of changes) seen.add(name);
      revision = changes.at(-1)?.revision ?? revision;
      return changes.length;
    };
    const reading = (async () => {
      while (writing || (await readOn()) > 0) await readOn();
    })();
    await Promise.all(writers);
    writing = false;
    await reading;
    expect([...seen].sort()).toEqual([...names].sort());
  });

  it('need a snapshot where removals were forgotten since, or the revision is of another database', async () => {
    await addNode('node-1');
    const before = await latest();
    await registry.owner.query('DELETE FROM node_records');
    const after = await latest();
    expect(told(await changesSince(before))).toEqual(['node node-1']);
    const removals = {
      table: 'change_records',
      column: 'removed_at',
      condition: 'removed_at IS NOT NULL',
      keepMs: 0,
    };
    expect(await deleteOld(registry.owner, removals)).toBeGreaterThan(0);
    expect(await readChanges(registry.reader, before)).toBeUndefined();
    expect(await readChanges(registry.reader, after)).toEqual([]);
    expect(await readChanges(registry.reader, after + 1)).toBeUndefined();
  });
});

it('an instance leaves traffic by the revision that shows it draining', async () => {
  await addInstance('a');
  expect(await readDrainRevision(registry.reader, 'a')).toBeUndefined();
  await registry.owner.query(`UPDATE instance_records SET state = 'draining'`);
  const revision = await readDrainRevision(registry.reader, 'a');
  expect(told(await changesSince((revision ?? 0) - 1))).toEqual(['instance a', 'service shop/web']);
  expect(await readDrainRevision(registry.reader, 'unknown')).toBeUndefined();
});

/** Checks how the statement that reads services finds them. */
async function readingByIndex<T>(read: (pool: Pool) => Promise<T>): Promise<T> {
  const client = await registry.reader.connect();
  const asked = vi.spyOn(client, 'query');
  const found = await read({ connect: () => Promise.resolve(client) } as unknown as Pool);
  const [sql, values] = asked.mock.calls
    .map((call): readonly unknown[] => call)
    .find(([text]) => String(text).includes('registry.services')) as [string, unknown[]];
  asked.mockRestore();
  const nodes = (await explained(registry.reader, sql, values)).filter((node) => node['Relation Name']);
  expect(nodes.map((node) => `${node['Node Type']} ${node['Relation Name']}`).toSorted()).toEqual([
    ...['Index Scan canary_records', 'Index Scan instance_records'],
    // Once for each column.
    ...['Index Scan route_records', 'Index Scan route_records'],
    // The row itself, then for the columns `canary` and `scaling`.
    ...['Index Scan spec_records', 'Index Scan spec_records', 'Index Scan spec_records'],
  ]);
  return found;
}

describe('one service among many', () => {
  const SERVICES = 2_000;
  beforeAll(async () => {
    await registry.owner.query(
      `INSERT INTO registry.spec_records (app_id, service, app_name, revision, state, count, changed_at)
       SELECT 'shop', 's' || n, 'The shop', 1, 'running', 1, now() FROM generate_series(1, $1) AS n`,
      [SERVICES],
    );
    await registry.owner.query(
      `INSERT INTO registry.route_records (app_id, service, revision, routes, traffic, changed_at)
       SELECT 'shop', 's' || n, 1, json_build_array(json_build_object('host', 'h' || n, 'path', '/')), '{}', now()
       FROM generate_series(1, $1) AS n`,
      [SERVICES],
    );
  });
  afterAll(() =>
    registry.owner.query('DELETE FROM registry.spec_records; DELETE FROM registry.route_records'),
  );

  it('is read by its index where it has changed, and where it is asked for, not with the whole registry', async () => {
    await registry.owner.query(
      `${ADD_INSTANCE.slice(0, ADD_INSTANCE.indexOf('VALUES'))}
       SELECT 'i' || n, 'running', 'shop', 'The shop', 's' || n, 'r1', 'image', 'node-1', '10.0.0.1', n, 'http://x',
         'c1', 't1', 0.25, 128, now(), now() FROM generate_series(1, $1) AS n`,
      [SERVICES],
    );
    await registry.owner.query(
      'ANALYZE registry.instance_records, registry.spec_records, registry.route_records',
    );
    const before = await latest();
    await registry.owner.query(`UPDATE instance_records SET state = 'draining' WHERE name = 'i7'`);
    const changes = await readingByIndex((pool) => readChanges(pool, before));
    expect(changes).toMatchObject([
      {},
      { name: 'shop/s7', service: { wanted: 1, running: 0, routes: [{ host: 'h7' }] } },
    ]);
    const of = { appId: 'shop', service: 's7' };
    // The sixth time, Postgres would take the plan of a statement whose values it does not look at.
    for (let n = 0; n < 7; n += 1) {
      const found = await readingByIndex((pool) => readSnapshot(pool, { ...of, isLive: true }));
      expect(found).toMatchObject({ services: [{ service: 's7' }], instances: [{ name: 'i7' }] });
    }
  });
});
