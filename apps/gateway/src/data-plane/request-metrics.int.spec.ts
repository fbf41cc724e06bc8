import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { until } from '#libs/testing';
import { wantedOf } from './domain/wanted.testing.js';
import { type PlaneUnderTest, startPlane } from './plane.testing.js';

const COUNT = 'slipway_gateway_requests_total';
const INSTANCE_COUNT = 'slipway_gateway_instance_requests_total';

/** By labels, without the one of the app. */
async function valuesOf({ metric }: PlaneUnderTest, name: string): Promise<Readonly<Record<string, number>>> {
  const lines = await metric(name);
  return Object.fromEntries(
    lines.map((line) => {
      const [, labels = '', value] = /^\w+(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const named = labels.split(',').filter((label) => label !== 'app="gateway"');
      return [named.join(',').replaceAll('"', ''), Number(value)];
    }),
  );
}

const sumOf = (values: Readonly<Record<string, number>>): number =>
  Object.values(values).reduce((a, b) => a + b, 0);

it('requests are counted by service, instance and class, with bytes and latency; what has gone leaves no series', async () => {
  const under = await startPlane();
  const a = await under.instance('shop-web-a', ({ url }, response) => {
    if (url === '/missing') response.writeHead(404);
    response.end('x'.repeat(1_000));
  });
  await under.plane.apply(wantedOf({ 'shop/web': [a.wanted()] }, 'least', () => 'web.localhost'));
  for (let n = 0; n < 5; n += 1) await under.ask({ host: 'web.localhost' });
  await under.ask({ host: 'web.localhost', path: '/missing' });
  await under.ask({ host: 'other.localhost' });
  const broken = connect(under.port, '127.0.0.1');
  broken.end('this is no HTTP\r\n\r\n');
  broken.resume();
  await once(broken, 'close');
  const named = 'app_id=shop,service=web';
  await until('all lines', async () => sumOf(await valuesOf(under, COUNT)) === 6);
  expect(await valuesOf(under, COUNT)).toEqual({ [`${named},code=2xx`]: 5, [`${named},code=4xx`]: 1 });
  expect(await valuesOf(under, INSTANCE_COUNT)).toEqual({
    ...{ [`${named},instance=shop-web-a,code=2xx`]: 5, [`${named},instance=shop-web-a,code=4xx`]: 1 },
  });
  const unrouted = () => valuesOf(under, 'slipway_gateway_unrouted_requests_total');
  await until('the request that was none', async () => (await unrouted())['reason=malformed'] === 1);
  expect(await unrouted()).toMatchObject({ 'reason=no_route': 1, 'reason=no_instance': 0 });
  expect((await valuesOf(under, 'slipway_gateway_response_bytes_total'))[named]).toBeGreaterThan(6_000);
  const seconds = await valuesOf(under, 'slipway_gateway_request_seconds_count');
  expect(seconds).toEqual({ [named]: 6 });
  expect(await valuesOf(under, 'slipway_gateway_instance_request_seconds_count')).toEqual({
    [`${named},instance=shop-web-a`]: 6,
  });

  const b = await under.instance('shop-web-b');
  await under.plane.apply(wantedOf({ 'shop/web': [b.wanted()] }, 'least', () => 'web.localhost'));
  await until('the place of a to be free', async () => sumOf(await valuesOf(under, INSTANCE_COUNT)) === 0, {
    timeoutMs: 20_000,
  });
  expect(await under.metric('slipway_gateway_instance_request_seconds_count')).toEqual([]);
  expect(sumOf(await valuesOf(under, COUNT))).toBe(6);
  await under.plane.apply({ services: [], routes: [] });
  await until('the service to be forgotten', async () => (await under.metric(COUNT)).length === 0);
  expect(await under.metric('slipway_gateway_request_seconds_count')).toEqual([]);
});

it('tries are counted, and what HAProxy holds', async () => {
  const under = await startPlane();
  const [a, b] = [await under.instance('a'), await under.instance('b')];
  await under.plane.apply(wantedOf({ 'shop/web': [a.wanted(), b.wanted()] }, 'least', () => 'web.localhost'));
  await b.kill();
  for (let n = 0; n < 6; n += 1) expect((await under.ask({ host: 'web.localhost' })).status).toBe(200);
  const retries = async () => sumOf(await valuesOf(under, 'slipway_gateway_retries_total'));
  expect(await until('the lines', retries)).toBeGreaterThan(0);
  const total = async (name: string) => (await valuesOf(under, `slipway_gateway_${name}`))[''] ?? 0;
  await until('the totals', async () => (await total('haproxy_requests_total')) >= 6);
  expect(await total('haproxy_connections_total')).toBeGreaterThanOrEqual(6);
  expect(await total('haproxy_connections_limit')).toBe(10_000);
  expect(await valuesOf(under, 'slipway_gateway_log_lines_lost_total')).toEqual({
    'at=haproxy': 0,
    'at=gateway': 0,
  });
});

it('without a log, services and instances are counted by what HAProxy counts, also after a reload', async () => {
  const under = await startPlane({ GATEWAY_ACCESS_LOG: 'false' });
  const a = await under.instance('a');
  const services = (count: number) =>
    wantedOf(
      Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`shop/s${n}`, [a.wanted({ name: `a${n}` })]]),
      ),
      'least',
      (id) => `${id.slice(5)}.localhost`,
    );
  const named = 'app_id=shop,service=s1';
  const counted = async () => (await valuesOf(under, COUNT))[`${named},code=2xx`] ?? 0;
  await under.plane.apply(services(2));
  for (let n = 0; n < 5; n += 1) await under.ask({ host: 's1.localhost' });
  await until('all to be counted', async () => (await counted()) === 5);
  expect(await valuesOf(under, INSTANCE_COUNT)).toEqual({ [`${named},instance=a1,code=2xx`]: 5 });
  await under.plane.apply(services(9));
  for (let n = 0; n < 3; n += 1) await under.ask({ host: 's1.localhost' });
  await until('all to be counted', async () => (await counted()) === 8);
  expect(await valuesOf(under, INSTANCE_COUNT)).toEqual({ [`${named},instance=a1,code=2xx`]: 8 });
});
