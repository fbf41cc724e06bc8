import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FiguresRow } from '#libs/contracts';
import type { Pool } from '#libs/postgres';
import {
  figureRows,
  LiveRowReader,
  LiveRowWriter,
  OVERRIDES_CHANNEL,
  scoreRows,
  WAKES_CHANNEL,
  wakesIn,
} from '#libs/registry-client';
import { migrateApp, until } from '#libs/testing';
import { createBalancing } from '../balancing/wire.js';
import { gatewayParts } from '../data-plane/gateway-parts.testing.js';
import { ask } from '../data-plane/haproxy.testing.js';
import { openDataPlane } from '../data-plane/wire.js';
import { RegistryWorld } from '../traffic/registry-world.testing.js';
import { createTraffic, registryUpstream } from '../traffic/wire.js';
import { createFigures } from './wire.js';

let world: RegistryWorld;
let loadBalancer: Pool;

beforeAll(async () => {
  world = await RegistryWorld.start();
  loadBalancer = world.poolOf('load-balancer');
  await migrateApp('load-balancer', loadBalancer);
});
afterEach(() => world.clear());
afterAll(() => world.close());

/** A gateway as `startGateway` wires it, without its HTTP. */
async function startGateway() {
  const { stops, pool, listener } = world;
  const { config, port, listen, runtime, remove } = await gatewayParts();
  stops.push(remove);
  const { logger } = runtime;
  const plane = await openDataPlane(runtime, config, listen);
  stops.push(() => plane.close({ leave: false }));
  const clock = { now: () => new Date() };
  const upstream = registryUpstream({ pool, listener, logger, clock }, config.GATEWAY_REPLICA);
  const { scores, overrides, reporting } = upstream;
  const balancing = createBalancing({ runtime, plane, config, scores, overrides });
  const figures = createFigures({ runtime, plane, balancing, reporting, config, now: () => upstream.now() });
  const traffic = createTraffic({ runtime, upstream, plane: balancing.plane, config });
  stops.push(
    () => figures.stop(),
    () => balancing.stop(),
    () => traffic.stop({ leave: false }),
  );
  balancing.start();
  figures.start();
  await traffic.start();
  const get = (headers: Record<string, string> = {}) =>
    ask({ port, host: 'web.shop.localhost', path: '/', headers });
  await until('it to be carried', () =>
    get({ 'user-agent': 'kube-probe/1.30' }).then(
      ({ status }) => status !== 404,
      () => false,
    ),
  );
  return { get, balancing };
}

const wish = () =>
  world.registry.query(
    `INSERT INTO spec_records (app_id, service, app_name, revision, state, release, count, changed_at)
     VALUES ('shop', 'web', 'The shop', 1, 'running', 'r1', 1, now())`,
  );

const instance = (name: string) => world.instance(name);

/** What load balancers read of this gateway. */
function figuresRead() {
  const reader = new LiveRowReader(loadBalancer, figureRows, (body) => body as FiguresRow);
  return async () => {
    const [row] = await reader.read();
    return { service: row?.body.services[0], instances: row?.body.instances ?? [] };
  };
}

it('load balancers read what the gateway carries; health checks are no requests', async () => {
  await wish();
  await instance('a');
  const { get } = await startGateway();
  const read = figuresRead();
  const quiet = await until('the service to be told', async () => {
    const found = await read();
    return found.instances.length === 1 ? found : undefined;
  });
  expect(quiet.service?.name).toBe('shop/web');
  expect(quiet.service?.lastRequestAt, 'nobody but health checks has asked').toBeUndefined();
  const begun = Date.now();
  for (let n = 0; n < 20; n += 1) await get();
  const { service, instances } = await until('the requests to be told', async () => {
    const found = await read();
    return (found.service?.requestsPerSecond ?? 0) > 0 && found.service?.p95Ms !== undefined
      ? found
      : undefined;
  });
  expect(service?.lastRequestAt).toBeGreaterThanOrEqual(begun - 1_000);
  expect(instances[0]?.name).toBe('a');
  const last = await until('them to be over', async () => {
    const found = (await read()).service;
    return found?.requestsPerSecond === undefined ? found : undefined;
  });
  const before = last.lastRequestAt;
  for (let n = 0; n < 20; n += 1) await get({ 'user-agent': 'kube-probe/1.30' });
  await until('the times to be forgotten', async () => (await read()).service?.p95Ms === undefined);
  expect((await read()).service).toEqual({ name: 'shop/web', lastRequestAt: before });
}, 40_000);

describe('a service that scales from nothing', () => {
  it('is woken with its first request, and that is answered as soon as the registry has an instance', async () => {
    await wish();
    const { get } = await startGateway();
    const woken: { readonly services: readonly string[]; readonly ms: number }[] = [];
    const end = await world.listener.subscribe(WAKES_CHANNEL, (payload) => {
      woken.push({ services: wakesIn(payload), ms: performance.now() });
    });
    expect((await get({ 'user-agent': 'kube-probe/1.30' })).status).toBe(503);
    expect(woken, 'a health check wakes nobody').toEqual([]);
    const times = { woken: [] as number[], answered: [] as number[] };
    for (let n = 0; n < 5; n += 1) {
      woken.length = 0;
      const asked = performance.now();
      const first = get();
      const [word] = await until('the wake', () => (woken.length > 0 ? woken : undefined));
      expect(word?.services).toEqual(['shop/web']);
      times.woken.push((word?.ms ?? 0) - asked);
      if (n === 0) await until('it to be told again while it waits', () => woken.length > 1);
      const begun = performance.now();
      const one = await instance(`a${n}`);
      expect((await first).body).toBe(`a${n}`);
      times.answered.push(performance.now() - begun);
      await world.registry.query('DELETE FROM instance_records');
      await one.kill().catch(() => undefined);
      await until(
        'it to be carried no more',
        async () => (await get({ 'user-agent': 'kube-probe' })).status === 503,
      );
    }
    end();
    const median = (all: number[]): number => all.toSorted((a, b) => a - b)[2] ?? 0;
    console.log(
      `from the first request to its wake: ${median(times.woken).toFixed(0)} ms; from the row of an instance to the first answer: ${median(times.answered).toFixed(0)} ms`,
    );
    expect(median(times.answered)).toBeLessThan(150);
  }, 40_000);
});

describe('what load balancers say', () => {
  it('a weight of 0 takes an instance out within a second, and its end brings it back', async () => {
    await wish();
    await Promise.all([instance('a'), instance('b')]);
    const { balancing } = await startGateway();
    const isOut = () =>
      balancing
        .current()
        .get('shop/web')
        ?.instances.some(({ override }) => override?.isDrained === true);
    await until('both to be carried', () => balancing.current().get('shop/web')?.instances.length === 2);
    await loadBalancer.query(
      `INSERT INTO traffic_override_records (instance, app_id, service, weight, until, set_by)
       VALUES ('a', 'shop', 'web', 0, now() + interval '1 hour', 'somebody')`,
    );
    await loadBalancer.query(`SELECT pg_notify('${OVERRIDES_CHANNEL}', '')`);
    await until('it to be out', isOut);
    await loadBalancer.query('DELETE FROM traffic_override_records');
    await until('it to be back', () => isOut() === false);
  });

  it('scores weigh, and do so no more once they are stale', async () => {
    await wish();
    await Promise.all([instance('a'), instance('b')]);
    const { balancing } = await startGateway();
    const weightOf = (name: string): number =>
      balancing
        .current()
        .get('shop/web')
        ?.instances.find((one) => one.name === name)?.weight ?? 0;
    const row = new LiveRowWriter(loadBalancer, scoreRows, 'lb-1');
    const write = () =>
      row.write(Date.now(), {
        scores: [
          { name: 'a', score: 5 },
          { name: 'b', score: 100 },
        ],
      });
    const writing = setInterval(() => void write(), 500);
    try {
      await until('the idle one to have most', () => weightOf('a') < 40 && weightOf('b') >= 100);
    } finally {
      clearInterval(writing);
    }
    await until('both to be alike again', () => weightOf('a') >= 85);
  });
});
