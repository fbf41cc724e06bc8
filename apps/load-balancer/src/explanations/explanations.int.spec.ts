import { beforeEach, describe, expect, it } from 'vitest';
import { type ExplainedPlacement, explainedPlacementSchema, type Page } from '#libs/contracts';
import { deleteOld } from '#libs/postgres';
import { uniqueName } from '#libs/testing';
import { servedPlacement } from '../served.testing.js';
import { oldExplanations } from './adapters/postgres-explanations.js';

const { ask, enrol, lapse, query, ownPool, call, answered } = servedPlacement();

beforeEach(async () => {
  await enrol('node-a', { cpus: 2 });
  await enrol('node-b', { cpus: 1 });
  await enrol('node-c', { cpus: 4, state: 'cordoned' });
});

const explained = (accessToken: string): Promise<ExplainedPlacement> =>
  answered(`placements/${encodeURIComponent(accessToken)}`);
const listed = async (filter: string): Promise<readonly string[]> =>
  (await answered<Page<ExplainedPlacement>>(`placements?${filter}`)).items.map(
    ({ accessToken }) => accessToken,
  );

describe('why a node request was answered as it was', () => {
  it('is kept with the terms of the best nodes, and with what ruled out the others', async () => {
    const accessToken = uniqueName('order:web:0');
    await ask({ accessToken, placement: { constraints: ['disk!=hdd'] }, needsPort: false });
    const found = await explained(accessToken);
    expect(explainedPlacementSchema.parse(found)).toEqual(found);
    expect(found).toEqual({
      ...{ accessToken, appId: 'shop', service: 'web', outcome: 'placed', policy: 'spread' },
      ...{ node: 'node-a', score: 85, nodes: 3, answeredAt: expect.stringMatching(/Z$/) as string },
      asked: {
        resources: { cpu: 0.5, memoryMiB: 100 },
        placement: { constraints: ['disk!=hdd'] },
        needsPort: false,
      },
      best: [
        {
          ...{ node: 'node-a', points: 85 },
          terms: [
            { name: 'allocation', value: 0.85, weight: 100, points: 85 },
            { name: 'nodes', value: 0, weight: 10, points: 0 },
          ],
        },
        expect.objectContaining({ node: 'node-b', points: 72.5 }),
      ],
      refused: [{ filter: 'state', nodes: 1, missing: 'node-c is cordoned', closest: 'node-c' }],
    });
  });

  it('is kept of a refusal with the quantity that is missing', async () => {
    const accessToken = uniqueName('order:web:0');
    await ask({ accessToken, resources: { cpu: 3, memoryMiB: 100 } });
    const found = await explained(accessToken);
    expect(found).toMatchObject({ outcome: 'refused', best: [] });
    expect(found.node).toBeUndefined();
    expect(found.refused.at(-1)).toEqual({
      ...{ filter: 'cpu', nodes: 2, missing: 'needs 3 cores, best free 2 on node-a', closest: 'node-a' },
      quantity: { unit: 'cores', needed: 3, free: 2 },
    });
  });

  it('is kept once of an answer that is given again, and once more of a new decision', async () => {
    const accessToken = uniqueName('order:web:0');
    const first = await ask({ accessToken });
    expect(await ask({ accessToken })).toEqual(first);
    expect((await query('SELECT FROM placements')).rowCount).toBe(1);
    await lapse(accessToken);
    await query(`UPDATE registry.node_records SET state = 'cordoned' WHERE name = 'node-a'`);
    await ask({ accessToken });
    expect((await query('SELECT FROM placements')).rowCount).toBe(2);
    expect((await explained(accessToken)).node).toBe('node-b');
  });

  it('counts the instance itself in no figure', async () => {
    await ask({ accessToken: 'first:web:0' });
    const [best] = (await explained('first:web:0')).best;
    expect(best?.terms).toContainEqual({ name: 'nodes', value: 0, weight: 10, points: 0 });
  });
});

describe('GET /v1/placements', () => {
  it('lists by application, service, node, request and outcome, the newest first, by pages', async () => {
    await ask({ accessToken: 'r1:web:0' });
    await ask({ accessToken: 'r1:web:1' });
    await ask({ accessToken: 'r10:web:0', resources: { cpu: 3, memoryMiB: 100 } });
    await ask({ accessToken: 'r2:db:0', service: 'db', appId: 'other' });
    expect(await listed('')).toEqual(['r2:db:0', 'r10:web:0', 'r1:web:1', 'r1:web:0']);
    expect(await listed('appId=shop&outcome=placed')).toEqual(['r1:web:1', 'r1:web:0']);
    expect(await listed('token=r1')).toEqual(['r1:web:1', 'r1:web:0']);
    expect(await listed('outcome=refused')).toEqual(['r10:web:0']);
    expect(await listed('service=db')).toEqual(['r2:db:0']);
    expect(await listed('node=node-c')).toEqual([]);
    const first = await answered<Page<ExplainedPlacement>>('placements?limit=3');
    expect(first.items).toHaveLength(3);
    expect(await listed(`limit=3&after=${first.next}`)).toEqual(['r1:web:0']);
  });

  it('needs a token, knows the fields of its query, and has an ETag', async () => {
    await ask({ accessToken: 'r1:web:0' });
    expect((await call('placements', { headers: { authorization: 'none' } })).status).toBe(401);
    const wrong = await answered<{ message: string }>('placements?app=shop');
    expect(wrong).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('app') as string });
    const etag = String((await call('placements/r1:web:0')).headers.get('etag'));
    const again = await call('placements/r1:web:0', { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });
});

describe('the placement of an instance', () => {
  it('is that of its access token', async () => {
    await ask({ accessToken: 't1' });
    await query(`INSERT INTO registry.instance_records (name, state, app_id, app_name, service, release, image, node, ip,
        port, url, container, access_token, cpu, memory_mib, started_at, reported_at)
      VALUES ('shop-web-t1-0', 'running', 'shop', 'Shop', 'web', 'r1', 'image', 'node-a', '10.0.0.1', 20000, 'http://x',
        'c1', 't1', 0.5, 100, now(), now()) ON CONFLICT DO NOTHING`);
    expect(await answered('instances/shop-web-t1-0/placement')).toMatchObject({
      accessToken: 't1',
      node: 'node-a',
    });
  });

  it('is refused by a code where nothing is known', async () => {
    for (const path of ['instances/unknown/placement', 'placements/unknown:web:0']) {
      expect((await call(path)).status).toBe(404);
      expect(await answered(path)).toMatchObject({ code: 'PLACEMENT_UNKNOWN' });
    }
  });
});

it('explanations are deleted once they are older than their days, whatever other rows are kept for', async () => {
  await ask({ accessToken: 'old:web:0' });
  await ask({ accessToken: 'new:web:0' });
  await query(
    `UPDATE placements SET answered_at = now() - interval '3 days' WHERE access_token = 'old:web:0'`,
  );
  expect(await deleteOld(ownPool(), oldExplanations(4)(0))).toBe(0);
  expect(await deleteOld(ownPool(), oldExplanations(2)(1e12))).toBe(1);
  expect(await listed('')).toEqual(['new:web:0']);
});

it('refused requests were looked for among all placements', async () => {
  await query(`INSERT INTO placements (access_token, app_id, service, node, policy, explanation)
               SELECT n || ':web:0', 'shop', 'web', 'node-a', 'spread', '{}' FROM generate_series(1, 20000) n`);
  await ask({ accessToken: 'large:web:0', resources: { cpu: 3, memoryMiB: 100 } });
  await query('ANALYZE placements');
  expect(await listed('outcome=refused')).toEqual(['large:web:0']);
  const { rows } = await query(
    'EXPLAIN SELECT FROM placements WHERE node IS NULL ORDER BY id DESC LIMIT 100',
  );
  expect(JSON.stringify(rows)).toContain('placements_refused');
});
