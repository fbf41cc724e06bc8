import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Pool } from '#libs/postgres';
import { TrafficWatch } from '#libs/registry-client';
import { until } from '#libs/testing';
import { gatewayParts } from '../data-plane/gateway-parts.testing.js';
import { ask } from '../data-plane/haproxy.testing.js';
import { openDataPlane } from '../data-plane/wire.js';
import { RegistryWorld } from './registry-world.testing.js';
import { createTraffic, registryUpstream } from './wire.js';

let world: RegistryWorld;
let deployer: Pool;
let watch: TrafficWatch;

beforeAll(async () => {
  world = await RegistryWorld.start();
  deployer = world.poolOf('deployer');
  watch = new TrafficWatch({ pool: deployer, listener: world.listener });
  await watch.start();
});
afterEach(() => world.clear());
afterAll(() => world.close());

async function startGateway(program = '/usr/sbin/haproxy') {
  const { stops, pool, listener } = world;
  const { config, port, listen, runtime, remove } = await gatewayParts({
    env: { GATEWAY_HAPROXY: program, GATEWAY_ACCESS_LOG: 'false' },
  });
  stops.push(remove);
  const { logger } = runtime;
  const plane = await openDataPlane(runtime, config, listen);
  stops.push(() => plane.close({ leave: false }));
  const upstream = registryUpstream(
    { pool, listener, logger, clock: { now: () => new Date() } },
    config.GATEWAY_REPLICA,
  );
  const traffic = createTraffic({ runtime, upstream, plane, config });
  stops.push(() => traffic.stop({ leave: false }));
  await traffic.start();
  return { get: (path = '/', host = 'web.shop.localhost') => ask({ port, host, path }) };
}

const instance = (...how: Parameters<RegistryWorld['instance']>) => world.instance(...how);
const setState = (name: string, state: string) => world.setState(name, state);
const latest = async (): Promise<number> =>
  (await deployer.query<{ latest: number }>('SELECT latest::float8 AS latest FROM registry.revision')).rows[0]
    ?.latest ?? 0;
/** Those with a lease. */
const carriers = async () =>
  (
    await deployer.query<{ applied: string; busy: string[] }>(
      'SELECT applied, busy FROM gateway.carriers WHERE lease_until > clock_timestamp()',
    )
  ).rows;

it('instances of the registry get requests, and each revision is said to be applied once they do', async () => {
  await instance('a');
  const { get } = await startGateway();
  // Where the database is slow, the gateway starts without it and joins it a little later.
  await until('it to have its lease', async () => (await carriers()).length === 1, { timeoutMs: 20_000 });
  expect(await watch.untilApplied(await latest(), { timeoutMs: 20_000 })).toMatchObject({ carriers: 1 });
  expect((await get()).body).toBe('a');
  const times: number[] = [];
  for (let n = 0; n < 20; n += 1) {
    const begun = performance.now();
    await instance(`b${n}`);
    await setState(n === 0 ? 'a' : `b${n - 1}`, 'draining');
    await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
    times.push(performance.now() - begun);
    expect((await get()).body).toBe(`b${n}`);
  }
  const [median] = times.toSorted((a, b) => a - b).slice(10);
  console.log(`two changes of the registry until both are applied and said to be: ${median?.toFixed(1)} ms`);
  await setState('b19', 'stopped');
  await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
  expect((await get()).status).toBe(503);
});

it('an instance was stopped with a request in flight: its drain waits until that has ended', async () => {
  const held: ServerResponse[] = [];
  await instance('old', (_, response) => void held.push(response));
  const { get } = await startGateway();
  await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
  const slow = get('/slow');
  await until('the request to be in flight', () => held.length > 0);
  await instance('new');
  await setState('old', 'draining');
  const drained = watch.untilDrained('old', { timeoutMs: 60_000 });
  await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
  expect((await get()).body).toBe('new');
  expect(await carriers()).toMatchObject([{ busy: ['old'] }]);
  expect(await watch.untilDrained('old', { timeoutMs: 0 })).toMatchObject({ applied: false });
  held.forEach((response) => response.end('in the end'));
  expect((await slow).body).toBe('in the end');
  expect(await drained).toEqual({ applied: true, carriers: 1 });
  expect(await carriers()).toMatchObject([{ busy: [] }]);
});

it('requests wait for a service that should run from its first deployment on, and are refused once it is stopped', async () => {
  const wish = (state: string) =>
    world.registry.query(
      `INSERT INTO spec_records (app_id, service, app_name, revision, state, release, count, changed_at)
       VALUES ('shop', 'web', 'The shop', 1, $1, 'r1', 1, now())
       ON CONFLICT (app_id, service) DO UPDATE SET state = EXCLUDED.state`,
      [state],
    );
  const { get } = await startGateway();
  await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
  expect((await get()).status).toBe(404);
  await wish('running');
  await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
  const first = get();
  await instance('a');
  expect((await first).body).toBe('a');
  await setState('a', 'draining');
  await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
  const next = get();
  await instance('b');
  expect((await next).body).toBe('b');
  await wish('stopped');
  await setState('b', 'stopped');
  await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
  expect(await get()).toMatchObject({ status: 503, body: 'This service has no instance that runs.\n' });
});

it('a gateway whose lease has lapsed takes another one, and what the registry says now', async () => {
  await instance('a');
  const { get } = await startGateway();
  await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
  await world.pool.query(`UPDATE carrier_records SET lease_until = now() - interval '1 s'`);
  await setState('a', 'draining');
  await instance('b');
  const revision = await latest();
  await until('another lease', async () => {
    const end = await watch.untilApplied(revision, { timeoutMs: 0 });
    return end.applied && end.carriers === 1;
  });
  expect((await get()).body).toBe('b');
});

it('routes of the registry are carried within moments, and one that cannot be is left out', async () => {
  await instance('a', ({ url }, response) => response.end(url));
  const { get } = await startGateway();
  await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
  const times: number[] = [];
  for (let n = 1; n <= 10; n += 1) {
    const routes = [
      { host: 'Bad Host', path: '/' },
      { host: 'blog.localhost', path: '/' },
      { host: `h${n}.org`, path: '/api', strip: true, timeoutMs: 5_000 },
    ];
    const begun = performance.now();
    await world.registry.query(
      `INSERT INTO route_records (app_id, service, revision, routes, traffic, changed_at)
       VALUES ('shop', 'web', $1, $2, '{"balance": "weighted"}', now())
       ON CONFLICT (app_id, service) DO UPDATE SET revision = excluded.revision, routes = excluded.routes`,
      [n, JSON.stringify(routes)],
    );
    await watch.untilApplied(await latest(), { timeoutMs: 20_000 });
    times.push(performance.now() - begun);
    expect(await get('/api/x', `h${n}.org`)).toMatchObject({ status: 200, body: '/x' });
    expect((await get('/api/x', `h${n - 1}.org`)).status).toBe(404);
    expect((await get('/', 'blog.localhost')).status, 'a host of another application').toBe(404);
  }
  expect((await get('/own')).body).toBe('/own');
  const [median] = times.toSorted((a, b) => a - b).slice(5);
  console.log(`a changed route of the registry until it is carried and said to be: ${median?.toFixed(1)} ms`);
});

it('nobody waits for a gateway whose HAProxy cannot be started', async () => {
  await startGateway('/no/such/haproxy');
  const begun = performance.now();
  expect(await watch.untilApplied(await latest(), { timeoutMs: 30_000 })).toEqual({
    ...{ applied: true, carriers: 0 },
  });
  expect(performance.now() - begun).toBeGreaterThan(1_000);
});
