import { beforeEach, describe, expect, it } from 'vitest';
import { type FleetPlan, fleetPlanSchema } from '#libs/contracts';
import { servedPlacement } from '../served.testing.js';

const { ask, enrol, query, call, answered, report } = servedPlacement();

beforeEach(async () => {
  await enrol('node-a', { cpus: 2 });
  await enrol('node-b', { cpus: 1 });
});

async function planned(what: string, body: object): Promise<FleetPlan> {
  const plan = await answered<FleetPlan>(`plans/${what}`, body);
  expect(fleetPlanSchema.parse(plan)).toEqual(plan);
  return plan;
}
const reserved = async () =>
  (await query('SELECT access_token, node, port, state FROM reservations ORDER BY access_token')).rows;

describe('plans on Postgres', () => {
  it('of a drain say where each instance goes; the drain then puts it there', async () => {
    const tokens = ['r:web:0', 'r:web:1', 'r:web:2'];
    for (const accessToken of tokens) await ask({ accessToken });
    await report('r:web:0', 'node-a', 'running');
    const before = await reserved();
    const plan = await planned('drain', { node: 'node-a' });
    expect(plan).toMatchObject({
      placed: [{ accessToken: 'r:web:0', from: 'node-a', to: 'node-b', resources: { cpu: 0.5 } }],
      unplaced: [
        { accessToken: 'r:web:2', refused: [{ filter: 'state' }, { quantity: { needed: 0.5, free: 0 } }] },
      ],
      ...{ staying: [], added: [], unknown: 0 },
      before: { nodes: 2, ready: 2, used: 2, room: [{ cpu: 0.5, memoryMiB: 100, instances: 3 }] },
      after: { nodes: 2, ready: 1, used: 1, room: [{ instances: 0 }] },
    });
    expect(await reserved()).toEqual(before);
    await query(`UPDATE registry.node_records SET state = 'draining' WHERE name = 'node-a'`);
    expect((await ask({ accessToken: 'm:web:0' })).node?.name).toBe('node-b');
    expect((await ask({ accessToken: 'm:web:1' })).node).toBeUndefined();
  });

  it('know of volumes from the first node request on, of constraints, and of what older versions did not keep', async () => {
    await ask({ accessToken: 'r:db:0', service: 'db', hasVolumes: true });
    await ask({
      accessToken: 'r:db:1',
      service: 'db',
      placement: { constraints: ['disk!=hdd'] },
      onNode: 'node-a',
    });
    await ask({ accessToken: 'r:web:0', onNode: 'node-a' });
    await query(`UPDATE reservations SET asked = NULL WHERE access_token = 'r:web:0'`);
    const plan = await planned('drain', { node: 'node-a' });
    expect(plan.staying.map(({ accessToken }) => accessToken)).toEqual(['r:db:0', 'r:db:1']);
    expect(plan.placed).toMatchObject([{ accessToken: 'r:web:0', to: 'node-b' }]);
    expect(plan.unknown).toBe(1);
    const removed = await planned('remove', { node: 'node-a' });
    expect(removed.unplaced.map(({ refused }) => refused[0]?.filter)).toEqual(['volumes', 'volumes']);
  });

  it('leave out what is being ended, and name what runs', async () => {
    const insert = (name: string, token: string, state: string) =>
      query(`INSERT INTO registry.instance_records (name, state, app_id, app_name, service, release, image, node, ip,
          port, url, container, access_token, cpu, memory_mib, started_at, reported_at)
        VALUES ('${name}', '${state}', 'shop', 'Shop', 'web', 'r1', 'image', 'node-a', '10.0.0.1', 20000, 'http://x',
          'c1', '${token}', 0.5, 100, now(), now())`);
    await query('DELETE FROM registry.instance_records');
    await ask({ accessToken: 'r:web:0', onNode: 'node-a' });
    await ask({ accessToken: 'r:web:1', onNode: 'node-a' });
    await insert('shop-web-r-0', 'r:web:0', 'running');
    await insert('shop-web-r-1', 'r:web:1', 'draining');
    await query(`UPDATE reservations SET asked = asked - 'onNode'`);
    const { placed, unplaced, staying } = await planned('drain', { node: 'node-a' });
    expect([...placed, ...unplaced, ...staying]).toMatchObject([{ instance: 'shop-web-r-0' }]);
  });

  it('of more nodes and of new instances say what room there is', async () => {
    await ask({ accessToken: 'r:web:0' });
    const added = await planned('add', { like: 'node-b', count: 2 });
    expect(added).toMatchObject({ added: ['new-1', 'new-2'], before: { nodes: 2 }, after: { nodes: 4 } });
    expect(added.after.room[0]?.instances).toBe((added.before.room[0]?.instances ?? 0) + 4);
    const body = { resources: { cpu: 1, memoryMiB: 100 }, count: 4, placement: { constraints: ['zone!=x'] } };
    const placed = await planned('place', body);
    expect(placed.placed.map(({ to }) => to).toSorted()).toEqual(['node-a', 'node-b']);
    expect(placed.unplaced).toHaveLength(2);
    expect(await reserved()).toHaveLength(1);
  });

  it('refuse to say who would be stopped where the operator lets nobody be stopped', async () => {
    const body = { resources: { cpu: 1, memoryMiB: 100 }, priority: 50, placement: { preempt: true } };
    expect((await call('plans/place', { body })).status).toBe(409);
    expect(await answered('plans/place', body)).toMatchObject({
      code: 'PREEMPT_OFF',
      message: expect.stringContaining('placement.preempt') as string,
    });
    const tooHigh = { ...body, priority: 101 };
    expect(await answered('plans/place', tooHigh)).toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('refuse what they do not know by name, with the field', async () => {
    expect((await call('plans/drain', { body: { node: 'node-z' } })).status).toBe(404);
    expect(await answered('plans/add', { like: 'node-z' })).toMatchObject({ code: 'NODE_UNKNOWN' });
    const size = { resources: { cpu: 1, memoryMiB: 1 } };
    for (const [body, field] of [
      [{ ...size, service: 'web' }, 'appId'],
      [{ ...size, placement: { affinity: ['db'] } }, 'appId'],
      [{ ...size, count: 1_001 }, 'count'],
      // These two were accepted and ignored: a plan neither waits nor moves what it places.
      [{ ...size, placement: { waitMs: 5 } }, 'placement.waitMs'],
      [{ ...size, placement: { rebalance: false } }, 'placement.rebalance'],
      [{ resources: { cpu: 0, memoryMiB: 1 } }, 'resources.cpu'],
    ] as const)
      expect(await answered('plans/place', body)).toMatchObject({
        code: 'INPUT_INVALID',
        message: expect.stringContaining(field) as string,
      });
  });
});
