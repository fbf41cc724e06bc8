import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { figureRows, LiveRowReader, LiveRowWriter, sayWakes, scoreRows } from '#libs/registry-client';
import { appPool, migrateApp, until } from '#libs/testing';
import type { Pool } from '#libs/postgres';
import { createScoreRows } from './score-rows.wire.js';
import { FeedClient, FeedWorld } from './feed.testing.js';

let world: FeedWorld;
let gateway: Pool;
beforeAll(async () => {
  world = await FeedWorld.start();
  gateway = appPool(world.database, 'gateway');
  await migrateApp('gateway', gateway);
  // What load balancers publish for gateways is granted once there are both.
  await migrateApp('load-balancer', world.pool);
});
afterAll(async () => {
  await gateway.end();
  await world.close();
});
const clients: FeedClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await world.clear();
});

async function greeted(url: string, process: string): Promise<FeedClient> {
  const client = await FeedClient.greeted(url, process);
  clients.push(client);
  return client;
}
const two = async () => [await world.replica('lb-1'), await world.replica('lb-2')] as const;
const web = (requestsPerSecond: number) => ({ name: 'shop/web', requestsPerSecond, inFlight: 1 });

describe('what gateways say', () => {
  it('is known at every replica, whether they follow a feed or read the database, and adds up', async () => {
    const replicas = await two();
    const at = Date.now();
    const lastRequestAt = at - 60_000;
    const client = await greeted(replicas[0].url, '1');
    client.say({
      ...{ type: 'figures', at: at + 3_600_000, services: [{ ...web(10), lastRequestAt: at + 3_540_000 }] },
      instances: [{ name: 'a1', meanMs: 7 }],
    });
    const row = new LiveRowWriter(gateway, figureRows, 'gateway-1/x');
    await row.write(at, {
      services: [{ ...web(5), held: 2, lastRequestAt: lastRequestAt - 5_000 }],
      instances: [],
    });
    for (const { traffic } of replicas) {
      const both = await until('both to be heard', () => {
        const found = traffic.figures.services().get('shop/web');
        return found?.inFlight === 2 ? found : undefined;
      });
      expect(both).toMatchObject({ requestsPerSecond: 15, waiting: 2 });
      // By the clock of a gateway that is an hour ahead it was an hour later.
      expect(Math.abs((both.lastRequestAt ?? 0) - lastRequestAt)).toBeLessThan(2_000);
      expect(traffic.figures.instances().get('a1')).toMatchObject({ meanMs: 7, requestsPerSecond: 0 });
      expect(traffic.hasDatabaseGateways).toBe(true);
    }
  });

  it('of a gateway that connects to another replica counts once, and of one that has gone no more', async () => {
    const [first, second] = await two();
    const inFlight = () => second.traffic.figures.services().get('shop/web')?.inFlight;
    const [old, back] = [await greeted(first.url, '1'), await greeted(second.url, '2')];
    for (const client of [old, back])
      client.say({ type: 'figures', at: 1, services: [web(10)], instances: [] });
    await until('both to be heard', () => inFlight() === 2);
    const again = await greeted(second.url, '1');
    again.say({ type: 'figures', at: 1, services: [web(10)], instances: [] });
    old.close();
    again.say({ type: 'figures', at: 2, services: [], instances: [] });
    back.say({ type: 'bye' });
    expect(await back.untilClosed()).toBe(1000);
    await until('one to be left', () => inFlight() === 1);
    again.close();
    await until('none to be left', () => inFlight() === undefined);
  });

  it('that was not said again for three seconds does not count, and its row is deleted in the end', async () => {
    const [replica] = await two();
    const row = new LiveRowWriter(gateway, figureRows, 'gateway-2/x');
    await row.write(Date.now(), { services: [web(1)], instances: [] });
    await until('it to be heard', () => replica.traffic.figures.services().has('shop/web'));
    await gateway.query(`UPDATE figure_records SET at = clock_timestamp() - interval '4 s'`);
    await until('it to be forgotten', () => !replica.traffic.figures.services().has('shop/web'));
    await gateway.query(`UPDATE figure_records SET at = clock_timestamp() - interval '2 min'`);
    await new LiveRowWriter(gateway, figureRows, 'gateway-3/x').write(Date.now(), {
      services: [],
      instances: [],
    });
    const { rows } = await gateway.query<{ id: string }>('SELECT id FROM figure_records');
    expect(rows).toEqual([{ id: 'gateway-3/x' }]);
  });

  it('crosses to a reader once: a row that says that all is as before brings no figures', async () => {
    const parsed: unknown[] = [];
    await gateway.query('DELETE FROM figure_records');
    const reader = new LiveRowReader(world.pool, figureRows, (body) => {
      parsed.push(body);
      return body;
    });
    const row = new LiveRowWriter(gateway, figureRows, 'gateway-4/x');
    await row.write(1_000, { services: [], instances: [] });
    await reader.read();
    expect(await row.write(2_000)).toBe(true);
    expect(await reader.read()).toMatchObject([{ id: 'gateway-4/x', saidAt: 2_000, schema: 'gateway' }]);
    expect(parsed).toHaveLength(1);
    await gateway.query('DELETE FROM figure_records');
    expect(await row.write(3_000), 'a row that is gone is to be written anew').toBe(false);
  });
});

describe('a request that waits for a service', () => {
  it('wakes every replica at once, whoever was told', async () => {
    const replicas = await two();
    const woken = replicas.map(({ traffic }) => {
      const services: string[] = [];
      traffic.wakes.onWake((service) => services.push(service));
      return services;
    });
    const client = await greeted(replicas[0].url, '1');
    const begun = performance.now();
    client.say({ type: 'wake', services: ['shop/web'] });
    await until('all to be woken', () => woken.every((services) => services.includes('shop/web')));
    console.log(`a wake at every replica: ${(performance.now() - begun).toFixed(0)} ms`);
    await sayWakes(gateway, ['shop/cart']);
    await until('all to be woken', () => woken.every((services) => services.includes('shop/cart')));
  });

  it('wakes also where the word was lost: by the figures, as long as it waits', async () => {
    const [replica] = await two();
    const woken: string[] = [];
    replica.traffic.wakes.onWake((service) => woken.push(service));
    const row = new LiveRowWriter(gateway, figureRows, 'gateway-5/x');
    await row.write(Date.now(), { services: [{ name: 'shop/web', held: 1 }], instances: [] });
    await until('it to be woken twice', () => woken.length > 1);
    expect(new Set(woken)).toEqual(new Set(['shop/web']));
  });
});

it('scores reach a gateway within two seconds, and those that read the database by a row', async () => {
  const replica = await world.replica();
  const client = await greeted(replica.url, '1');
  world.scored = new Map([['a1', { overall: 57.2, state: 'MU' }]]);
  const told = () => client.messages.flatMap((one) => (one.type === 'scores' ? one.scores : []));
  await until('the score', () => told().length > 0);
  expect(told()).toEqual([{ name: 'a1', score: 57, state: 'MU' }]);
  const rows = createScoreRows({
    runtime: {
      pool: world.pool,
      logger: { warn: () => undefined } as never,
      clock: { now: () => new Date() },
    },
    ...{ replica: 'lb-1', scores: world.scores, isRead: () => true },
  });
  rows.start();
  try {
    const reader = new LiveRowReader(gateway, scoreRows, (body) => body);
    const [row] = await until('the row', async () => {
      const found = await reader.read();
      return found.length > 0 ? found : undefined;
    });
    expect(row?.body).toEqual({ scores: [{ name: 'a1', score: 57, state: 'MU' }] });
  } finally {
    await rows.stop();
  }
});
