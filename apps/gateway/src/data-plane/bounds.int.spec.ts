import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { until } from '#libs/testing';
import { wantedOf } from './domain/wanted.testing.js';
import type { WantedBounds } from './domain/wanted.js';
import { type Instance } from './haproxy.testing.js';
import { type PlaneUnderTest, startInstance, startPlane } from './plane.testing.js';

/** Holds every request until it is let go. */
async function holding(): Promise<{ readonly instance: Instance; readonly held: ServerResponse[] }> {
  const held: ServerResponse[] = [];
  return { held, instance: await startInstance('a', (_, response) => void held.push(response)) };
}

const bounded = (instance: Instance, bounds: WantedBounds) => {
  const wanted = wantedOf({ web: [instance.wanted()] });
  return { ...wanted, services: wanted.services.map((service) => ({ ...service, bounds })) };
};

const queuedAt = async ({ command }: PlaneUnderTest): Promise<number> => {
  const [head = '', ...lines] = (await command('show stat least-1 2 -1')).split('\n');
  const at = head.split(',').indexOf('qcur');
  return lines.reduce((sum, line) => sum + Number(line.split(',')[at] ?? 0), 0);
};

it('an instance gets as many requests at once as it may; others wait, and further ones hear why they cannot', async () => {
  const { instance, held } = await holding();
  const under = await startPlane();
  const { plane, get } = under;
  await plane.apply(bounded(instance, { inFlight: 2, queued: 3 }));
  const waiting = Array.from({ length: 5 }, () => get());
  await until(
    'two to be in flight, and three to wait',
    async () => held.length === 2 && (await queuedAt(under)) === 3,
  );
  const begun = performance.now();
  expect(await get()).toMatchObject({
    ...{ status: 503, headers: { 'retry-after': '1' } },
    body: 'All instances of this service are busy, and as many requests as may wait are waiting.\n',
  });
  expect(performance.now() - begun).toBeLessThan(500);
  expect(held.length).toBe(2);
  const letGo = setInterval(() => held.splice(0).forEach((response) => response.end('a')), 10);
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  clearInterval(letGo);
});

it('a request that waited as long as it may is refused, and hears why', async () => {
  const { instance, held } = await holding();
  const { plane, get } = await startPlane({ GATEWAY_MOST_IN_FLIGHT: '1', GATEWAY_QUEUE_MS: '300' });
  await plane.apply(bounded(instance, {}));
  const first = get();
  await until('one to be in flight', () => held.length === 1);
  const begun = performance.now();
  expect(await get()).toMatchObject({
    ...{ status: 503, headers: { 'retry-after': '2' } },
    body: 'All instances of this service are busy. The request waited for as long as it may.\n',
  });
  const waitedMs = performance.now() - begun;
  expect(waitedMs).toBeGreaterThanOrEqual(290);
  expect(waitedMs).toBeLessThan(1_500);
  held.forEach((response) => response.end('a'));
  expect((await first).body).toBe('a');
});

it('an instance that cannot be reached is not said to be busy', async () => {
  const instance = await startInstance('a');
  const { plane, get } = await startPlane({ GATEWAY_WAIT_MS: '0' });
  await plane.apply(bounded(instance, {}));
  await instance.kill();
  expect(await get()).toMatchObject({
    ...{ status: 503, body: 'No instance of this service can be reached now.\n' },
  });
});

it('a service changes its bounds while it runs; how long requests wait costs a reload', async () => {
  const { instance, held } = await holding();
  const under = await startPlane();
  const { plane, get, metrics } = under;
  const reloads = async () =>
    (await metrics.registry.getSingleMetric('slipway_gateway_haproxy_reloads_total')?.get())?.values[0]
      ?.value;
  await plane.apply(bounded(instance, {}));
  await plane.apply(bounded(instance, { inFlight: 1, queued: 1 }));
  expect(await reloads()).toBe(0);
  const [first, second] = [get(), get()];
  await until('one to wait', async () => held.length === 1 && (await queuedAt(under)) === 1);
  expect((await get()).status).toBe(503);
  await plane.apply(bounded(instance, { inFlight: 2 }));
  await until('both to be in flight', () => held.length === 2);
  held.splice(0).forEach((response) => response.end('a'));
  await Promise.all([first, second]);
  await plane.apply(bounded(instance, { inFlight: 1, queueMs: 200 }));
  expect(await reloads()).toBe(1);
  const third = get();
  await until('one to be in flight', () => held.length === 1);
  expect((await get()).status).toBe(503);
  held.forEach((response) => response.end('a'));
  await third;
});
