import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '#libs/testing';
import type { ServiceLimits } from './domain/wanted.js';
import { wantedOf } from './domain/wanted.testing.js';
import { startPlane } from './plane.testing.js';

async function start(env: Readonly<Record<string, string>>, limits: ServiceLimits | undefined = undefined) {
  const under = await startPlane(env);
  const a = await under.instance('a');
  const { services, routes } = wantedOf({ web: [a.wanted()], other: [a.wanted({ name: 'b' })] });
  await under.plane.apply({
    services: services.map((one) => (one.id === 'web' && limits !== undefined ? { ...one, limits } : one)),
    routes,
  });
  const statuses = async (count: number, headers: Record<string, string> = {}, host = 'web.localhost') => {
    const found: number[] = [];
    for (let n = 0; n < count; n += 1) found.push((await under.ask({ host, headers })).status);
    return found;
  };
  return { under, a, statuses };
}

const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);

it('a client that asks too often hears 429 and when to try again; the gateway goes on for others', async () => {
  const { under, statuses } = await start({
    GATEWAY_CLIENT_REQUESTS: '1',
    GATEWAY_TRUSTED_PROXIES: '127.0.0.0/8',
  });
  expect(await statuses(12)).toEqual([...times(10, 200), 429, 429]);
  expect(await under.ask({ host: 'other.localhost' })).toMatchObject({
    ...{ status: 429, headers: { 'retry-after': '10' } },
    body: 'Too many requests of this client.\n',
  });
  expect(await statuses(1, { 'x-forwarded-for': '203.0.113.7' })).toEqual([200]);
});

it('clients behind a trusted proxy are told apart by the last address that it names, and networks of IPv6 as one', async () => {
  const { statuses } = await start({
    GATEWAY_CLIENT_REQUESTS: '0.3',
    GATEWAY_TRUSTED_PROXIES: '127.0.0.0/8',
  });
  const from = (address: string) => ({ 'x-forwarded-for': address });
  expect(await statuses(4, from('203.0.113.7'))).toEqual([200, 200, 200, 429]);
  // What a client says of itself before that does not help it.
  expect(await statuses(1, from('198.51.100.1, 203.0.113.7'))).toEqual([429]);
  expect(await statuses(3, from('203.0.113.8'))).toEqual([200, 200, 200]);
  const addresses = ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2:3::', '2001:db8:1:2:ffff::4'];
  const found: number[] = [];
  for (const address of addresses) found.push(...(await statuses(1, from(address))));
  expect(found).toEqual([200, 200, 200, 429]);
  expect(await statuses(1, from('2001:db8:1:3::1'))).toEqual([200]);
});

it('a client that is no trusted proxy cannot pass for another', async () => {
  const { statuses } = await start({ GATEWAY_CLIENT_REQUESTS: '0.3' });
  const found: number[] = [];
  for (let n = 0; n < 4; n += 1) found.push(...(await statuses(1, { 'x-forwarded-for': `203.0.113.${n}` })));
  expect(found).toEqual([200, 200, 200, 429]);
});

it('a service has a limit of its own, which others do not share, and which changes without a reload', async () => {
  const { under, a, statuses } = await start({}, { requestsPerSecond: 0.3 });
  expect(await statuses(5)).toEqual([200, 200, 200, 429, 429]);
  expect(await statuses(5, {}, 'other.localhost')).toEqual(times(5, 200));
  const { services, routes } = wantedOf({ web: [a.wanted()], other: [a.wanted({ name: 'b' })] });
  await under.plane.apply({
    services: services.map((one) => ({ ...one, limits: { requestsPerSecond: 100 } })),
    routes,
  });
  expect(await statuses(3)).toEqual([200, 200, 200]);
  const reloads = await under.metric('slipway_gateway_haproxy_reloads_total');
  expect(reloads.map((line) => line.split(' ')[1])).toEqual(['0']);
});

it('refused requests are counted for their service, and reach no instance', async () => {
  const { under, a, statuses } = await start({}, { requestsPerSecond: 0.1 });
  await statuses(4);
  expect(a.seen.length).toBe(1);
  const refused = async () =>
    (await under.metric('slipway_gateway_requests_total')).find((line) => line.includes('code="4xx"'));
  const line = await until('the lines', async () => {
    const found = await refused();
    return found?.endsWith(' 3') === true ? found : undefined;
  });
  expect(line).toContain('app_id="web"');
});

it('a body that is too large is refused by its length, before it is read; one without a length as well', async () => {
  const { under, a } = await start({ GATEWAY_BODY_BYTES: '1000' }, { bodyBytes: 10 });
  const send = (host: string, bytes: number) =>
    under.ask({
      host,
      method: 'POST',
      body: 'x'.repeat(bytes),
      headers: { 'content-length': String(bytes) },
    });
  expect(await send('web.localhost', 10)).toMatchObject({ status: 200 });
  expect(await send('web.localhost', 11)).toMatchObject({
    ...{ status: 413, body: 'The body of this request is too large.\n' },
  });
  expect(await send('other.localhost', 1_000)).toMatchObject({ status: 200 });
  expect(await send('other.localhost', 1_001)).toMatchObject({ status: 413 });
  const chunked = (method: string) =>
    under.ask({ host: 'web.localhost', method, body: 'x', headers: { 'transfer-encoding': 'chunked' } });
  for (const method of ['POST', 'GET'])
    expect(await chunked(method)).toMatchObject({
      ...{ status: 411, body: 'This service takes a body only with its length.\n' },
    });
  expect(await under.ask({ host: 'web.localhost' })).toMatchObject({ status: 200 });
  expect(a.seen.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET']);
});

const open = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};

it('a client with too many connections loses those beyond, and may open others once some have ended', async () => {
  const { under, statuses } = await start({ GATEWAY_CLIENT_CONNECTIONS: '3' });
  const all = Array.from({ length: 4 }, () => connect(under.port, '127.0.0.1'));
  for (const socket of all) {
    // It may be reset before it is connected.
    socket.on('error', () => undefined).resume();
    onTestFinished(() => void socket.destroy());
  }
  const closed = (): number => all.filter(({ destroyed }) => destroyed).length;
  await until('one of four to be closed', () => closed() === 1);
  expect((await statuses(1).catch(() => ['none']))[0]).toBe('none');
  expect(closed()).toBe(1);
  all.find(({ destroyed }) => !destroyed)?.destroy();
  await until('one more to be let in', () =>
    statuses(1).then(
      ([status]) => status === 200,
      () => false,
    ),
  );
});

it('a client that sends its head bit by bit is answered with 408 when its time is up, and holds no instance', async () => {
  const { under, a } = await start({ GATEWAY_HEAD_MS: '500' });
  const socket = await open(under.port);
  socket.write('GET / HTTP/1.1\r\nHost: web.localhost\r\n');
  const drip = setInterval(() => socket.write('x: y\r\n'), 50);
  onTestFinished(() => clearInterval(drip));
  const begun = performance.now();
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(a.seen.length).toBe(0);
});

it('a client that stops in the middle of its body, or of its answer, is let go after the idle time', async () => {
  const under = await startPlane({ GATEWAY_IDLE_MS: '500' });
  const ended: string[] = [];
  const a = await under.instance('a', (request, response) => {
    request.on('close', () => ended.push(`${request.url} request`));
    response.on('close', () => ended.push(`${request.url} response`));
    request.resume();
    if (request.url === '/large') response.end(Buffer.alloc(50_000_000));
  });
  await under.plane.apply(wantedOf({ web: [a.wanted()] }));
  const writer = await open(under.port);
  writer.write('POST /slow HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 100\r\n\r\nx');
  const reader = await open(under.port);
  reader.write('GET /large HTTP/1.1\r\nHost: web.localhost\r\n\r\n');
  reader.pause();
  await until(
    'both to be let go',
    () => ended.includes('/slow response') && ended.includes('/large response'),
    {
      timeoutMs: 20_000,
    },
  );
});
