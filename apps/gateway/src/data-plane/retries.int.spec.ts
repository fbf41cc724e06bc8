import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { wantedOf } from './domain/wanted.testing.js';
import { startInstance, startPlane } from './plane.testing.js';

const status =
  (code: number): RequestListener =>
  (_, response) =>
    void response.writeHead(code).end('broken');
const breaksOff: RequestListener = ({ socket }) => void socket.destroy();

it.each([
  ['answers 500', status(500)],
  ['answers 503', status(503)],
  ['breaks off', breaksOff],
] as const)(
  'a request that may be sent twice does not see that an instance %s; others do',
  async (_, answer) => {
    const [bad, good] = [await startInstance('bad', answer), await startInstance('good')];
    const { plane, get } = await startPlane();
    await plane.apply(wantedOf({ web: [bad.wanted(), good.wanted()] }));
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      for (let n = 0; n < 10; n += 1) expect((await get('/', { method })).status).toBe(200);
    expect(bad.seen.length).toBeGreaterThan(10);
    const before = bad.seen.length + good.seen.length;
    const statuses: number[] = [];
    for (let n = 0; n < 10; n += 1) statuses.push((await get('/', { method: 'POST', body: 'x' })).status);
    // Each was sent once, and some met the bad one.
    expect(bad.seen.length + good.seen.length).toBe(before + 10);
    expect(statuses.some((code) => code >= 500)).toBe(true);
  },
);

it('an answer of 404 or 501 is the answer', async () => {
  const instance = await startInstance(
    'a',
    ({ url }, response) => void response.writeHead(url === '/404' ? 404 : 501).end(),
  );
  const { plane, get } = await startPlane();
  await plane.apply(wantedOf({ web: [instance.wanted(), { ...instance.wanted(), name: 'b' }] }));
  expect([(await get('/404')).status, (await get('/501')).status]).toEqual([404, 501]);
  expect(instance.seen.length).toBe(2);
});

it('a request of any kind is sent elsewhere where an instance cannot be connected to', async () => {
  const [gone, good] = [await startInstance('gone'), await startInstance('good')];
  const { plane, get } = await startPlane();
  await gone.kill();
  await plane.apply(wantedOf({ web: [gone.wanted(), good.wanted()] }));
  for (let n = 0; n < 10; n += 1) expect((await get('/', { method: 'POST', body: 'x' })).status).toBe(200);
});

it('a request is sent four times at most, and once where its service has no retries', async () => {
  const instances = await Promise.all(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => startInstance(name, status(500))),
  );
  const seen = (): number => instances.reduce((sum, one) => sum + one.seen.length, 0);
  const { plane, get } = await startPlane();
  await plane.apply(wantedOf({ web: instances.map((one) => one.wanted()) }));
  expect((await get()).status).toBe(500);
  expect(seen()).toBe(4);
  await plane.withoutRetries(new Set(['web']));
  expect((await get()).status).toBe(500);
  expect(seen()).toBe(5);
  await plane.withoutRetries(new Set());
  expect((await get()).status).toBe(500);
  expect(seen()).toBe(9);
});

it('those that wait at an instance which answers none are answered by others; a POST is not sent again', async () => {
  const accepted: unknown[] = [];
  const stalled = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (part) => accepted.push(part));
  });
  await once(stalled.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => new Promise((resolve) => void stalled.close(() => resolve())));
  const at = {
    name: 'bad',
    address: '127.0.0.1',
    port: (stalled.address() as AddressInfo).port,
    weight: 100,
  };
  const good = await startInstance('good');
  const { plane, get } = await startPlane();
  await plane.apply(wantedOf({ web: [{ ...at, state: 'ready' }] }));
  const gets = Array.from({ length: 5 }, () => get());
  const post = get('/', { method: 'POST', body: 'x' });
  while (accepted.length < 6) await new Promise((resolve) => setImmediate(resolve));
  await plane.apply(wantedOf({ web: [{ ...at, state: 'ready' }, good.wanted()] }));
  await plane.steer(new Map([['bad', { weight: 10, isOut: true }]]));
  expect(await plane.rescue('bad')).toBe(5);
  expect((await Promise.all(gets)).map(({ body }) => body)).toEqual(Array(5).fill('good'));
  expect(good.seen.map(({ method }) => method)).toEqual(Array(5).fill('GET'));
  expect(await plane.rescue('bad')).toBe(0);
  post.catch(() => undefined);
});
