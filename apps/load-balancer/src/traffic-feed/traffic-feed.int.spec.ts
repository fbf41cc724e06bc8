import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { FeedClient, FeedWorld } from './feed.testing.js';

let world: FeedWorld;
beforeAll(async () => {
  world = await FeedWorld.start();
});
afterAll(() => world.close());
const clients: FeedClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await world.clear();
});

async function greeted(url: string, process: string, resume?: number): Promise<FeedClient> {
  const client = await FeedClient.greeted(url, process, resume);
  clients.push(client);
  return client;
}
const knows = (client: FeedClient, revision: number) =>
  until(`revision ${revision}`, () => (client.revision ?? 0) >= revision);

describe('a gateway', () => {
  it('hears of all that runs, and of what changes', async () => {
    await world.run('a', 3);
    const client = await greeted((await world.replica()).url, '1');
    expect(client.messages.map(({ type }) => type)).toEqual(['welcome', 'snapshot']);
    expect(client.entries.get('a1')).toEqual({
      ...{ kind: 'instance', name: 'a1' },
      instance: {
        ...{ appId: 'shop', service: 'web', state: 'running', release: 'r1' },
        ...{ address: '10.0.0.1', port: 20_001 },
      },
    });
    expect(client.entries.get('shop/web')?.service).toMatchObject({ appId: 'shop', service: 'web' });
    await world.setState('a1', 'draining');
    await world.setState('a2', 'stopped');
    await knows(client, await world.latest());
    expect(client.entries.get('a1')?.instance?.state).toBe('draining');
    expect(client.entries.get('a2')).toEqual({ kind: 'instance', name: 'a2' });
  });

  it('hears within seconds of a revision that changes nothing for it', async () => {
    const client = await greeted((await world.replica()).url, '1');
    await world.touchNode(`node-${Date.now()}`);
    await knows(client, await world.latest());
    const last = client.messages.findLast(({ type }) => type === 'changes');
    expect(last).toMatchObject({ entries: [] });
  });

  it('that comes back to the same replica or another one gets only what it missed', async () => {
    const [first, second] = [await world.replica('lb-1'), await world.replica('lb-2')];
    await world.run('a', 5);
    const client = await greeted(first.url, '1');
    client.close();
    await world.run('b');
    for (const { url } of [first, second]) {
      const back = await greeted(url, '1', client.revision);
      await knows(back, await world.latest());
      expect(back.messages.slice(0, 2)).toMatchObject([
        { type: 'welcome' },
        { type: 'changes', from: client.revision },
      ]);
      expect([...back.entries.keys()].filter((name) => name !== 'shop/web')).toEqual(['b1']);
      back.close();
    }
    const late = await greeted((await world.replica('lb-3')).url, '1', client.revision);
    expect(late.messages[1]).toMatchObject({ type: 'snapshot' });
  });

  it('hears of the others where one is named as no gateway takes it', async () => {
    await world.run('a');
    await world.run('x'.repeat(600));
    const client = await greeted((await world.replica()).url, '1');
    expect([...client.entries.keys()].toSorted()).toEqual(['a1', 'shop/web']);
  });

  it('that connects again while its old connection is not known to be dead replaces it', async () => {
    const { url } = await world.replica();
    const old = await greeted(url, '1');
    await greeted(url, '1', old.revision);
    expect(await old.untilClosed()).toBe(4410);
  });
});

describe('a drain', () => {
  it('waits for a gateway from its hello on, and until no request is in flight through it', async () => {
    await world.run('a', 2);
    const client = await greeted((await world.replica()).url, '1');
    await world.setState('a1', 'draining');
    const drained = world.watch.untilDrained('a1', { timeoutMs: 30_000 });
    expect(await world.watch.untilDrained('a1', { timeoutMs: 50 })).toEqual({
      ...{ applied: false, behind: ['edge/process-1'] },
    });
    await knows(client, await world.latest());
    client.say({ type: 'applied', revision: Number(client.revision), busy: ['a1'] });
    await until('it to be said', async () => (await world.carriers())[0]?.busy[0] === 'a1');
    expect(await world.watch.untilDrained('a1', { timeoutMs: 50 })).toMatchObject({ applied: false });
    client.say({ type: 'applied', revision: Number(client.revision), busy: [] });
    expect(await drained).toEqual({ applied: true, carriers: 1 });
  });

  it('does not wait for a gateway that is cut off for longer than its lease, nor for one that said bye', async () => {
    const { url } = await world.replica();
    const client = await greeted(url, '1');
    const leaving = await greeted(url, '2');
    leaving.say({ type: 'bye' });
    expect(await leaving.untilClosed()).toBe(1000);
    client.close();
    await world.run('a');
    await world.setState('a1', 'draining');
    const begun = performance.now();
    expect(await world.watch.untilDrained('a1', { timeoutMs: 30_000 })).toEqual({
      applied: true,
      carriers: 0,
    });
    expect(performance.now() - begun).toBeGreaterThan(1_000);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('waits on for a gateway that renews, also over a replica that dies: its lease is one', async () => {
    const [first, second] = [await world.replica('lb-1'), await world.replica('lb-2')];
    await world.run('a');
    const client = await greeted(first.url, '1');
    await first.kill();
    expect(await client.untilClosed()).toBe(1006);
    const back = await greeted(second.url, '1', client.revision);
    expect(await world.carriers()).toEqual([{ id: 'edge/process-1', applied: 0, busy: [] }]);
    const renewing = setInterval(() => back.say({ type: 'renew' }), 500);
    try {
      await world.setState('a1', 'draining');
      expect(await world.watch.untilDrained('a1', { timeoutMs: 7_000 })).toMatchObject({ applied: false });
    } finally {
      clearInterval(renewing);
    }
  });

  it('went on without a gateway whose lease had lapsed: it is told, and registers again', async () => {
    const { url } = await world.replica();
    const client = await greeted(url, '1');
    await world.pool.query(`UPDATE carrier_records SET lease_until = now() - interval '1 s'`);
    client.say({ type: 'applied', revision: Number(client.revision), busy: [] });
    expect(await client.untilClosed()).toBe(4409);
    await greeted(url, '1', client.revision);
    expect(await world.carriers()).toHaveLength(1);
  });
});

it('a replica that ends sends its gateways to another one', async () => {
  const replica = await world.replica();
  const client = await greeted(replica.url, '1');
  await replica.stop();
  expect(await client.untilClosed()).toBe(1012);
});
