import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '#libs/testing';
import { wantedOf } from '../data-plane/domain/wanted.testing.js';
import { Instance, Stream } from '../data-plane/haproxy.testing.js';
import { startPlane } from '../data-plane/plane.testing.js';
import { awaited, endsOf, openSocket, untilWaiting, WEB } from './activator.testing.js';

describe('a service without an instance', () => {
  it('has its requests wait for the first one, whatever their method, as they were sent', async () => {
    const under = await startPlane();
    await under.plane.apply(awaited({ web: [] }));
    const large = 'slipway '.repeat(1_000_000);
    const asked = [
      under.ask({ ...WEB, path: '/a?b=%20c', headers: { 'x-own': 'One', 'x-request-id': 'x' } }),
      under.ask({ ...WEB, method: 'HEAD' }),
      under.ask({ ...WEB, method: 'DELETE' }),
      under.ask({ ...WEB, method: 'POST', body: large, headers: { 'content-length': String(large.length) } }),
      under.ask({ ...WEB, method: 'PUT', body: large, headers: { 'transfer-encoding': 'chunked' } }),
    ];
    await untilWaiting(under, 5);
    const a = await under.instance('a', (request, response) => {
      let size = 0;
      request.on('data', (part: Buffer) => (size += part.length));
      request.on('end', () =>
        response.writeHead(201, { 'x-size': size }).end(`${request.method} ${request.url}`),
      );
    });
    await under.plane.apply(awaited({ web: [a] }));
    const answers = await Promise.all(asked);
    expect(answers.map(({ status, body, headers }) => [status, body, headers['x-size']])).toEqual([
      [201, 'GET /a?b=%20c', '0'],
      [201, '', '0'],
      [201, 'DELETE /', '0'],
      [201, 'POST /', '8000000'],
      [201, 'PUT /', '8000000'],
    ]);
    const [first] = a.seen.filter(({ url }) => url?.startsWith('/a') === true);
    expect(first?.headers).toMatchObject({
      ...{
        host: 'web.localhost',
        'x-own': 'One',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
      },
    });
    expect(first?.headers['x-request-id']).toBe(answers[0]?.headers['x-request-id']);
    expect(Number(first?.headers['x-slipway-waited'])).toBeGreaterThan(0);
    expect(first?.headers).not.toHaveProperty('x-slipway-backend');
    // The next one goes straight there.
    await under.ask({ ...WEB, path: '/next' });
    expect(a.seen.at(-1)?.headers).not.toHaveProperty('x-slipway-waited');
    expect(await endsOf(under)).toEqual({ passed: 5 });
  });

  it('keeps the bodies of those who wait out of its memory', async () => {
    const under = await startPlane({ GATEWAY_WAIT_REQUESTS_PER_SERVICE: '20' });
    await under.plane.apply(awaited({ web: [] }));
    const before = process.memoryUsage().arrayBuffers;
    const senders = await Promise.all(Array.from({ length: 20 }, () => openSocket(under.port)));
    const part = Buffer.alloc(20_000_000);
    for (const socket of senders) {
      socket.write('POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 100000000\r\n\r\n');
      socket.write(part);
    }
    await untilWaiting(under, 20);
    // What was not taken is still with the client.
    expect(senders.every(({ writableNeedDrain }) => writableNeedDrain)).toBe(true);
    const [own, kept] = [part.length, 20 * 200_000];
    expect(process.memoryUsage().arrayBuffers - before - own).toBeLessThan(kept);
  });

  it('that is stopped kept those that waited for 30 s: they are refused at once, and come to no other service', async () => {
    const under = await startPlane();
    await under.plane.apply(awaited({ web: [] }));
    const asked = ['text/html', 'application/json'].map((accept) =>
      under.ask({ ...WEB, headers: { accept } }),
    );
    await untilWaiting(under, 2);
    const begunMs = performance.now();
    // Another service gets the place of the first one in HAProxy.
    const other = await under.instance('other');
    await under.plane.apply(wantedOf({ web: [] }));
    await under.plane.apply(awaited({ other: [other] }));
    const [text, json] = await Promise.all(asked);
    expect(performance.now() - begunMs).toBeLessThan(10_000);
    expect(text).toMatchObject({ status: 503, body: 'This service has no instance that runs.\n' });
    expect(json).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
    expect(JSON.parse(json?.body ?? '')).toMatchObject({ code: 'NO_INSTANCE' });
    expect(other.seen).toEqual([]);
    expect(await endsOf(under)).toEqual({ stopped: 2 });
  });

  it('that is stopped is not waited for either while the registry names an instance that has gone', async () => {
    const under = await startPlane();
    const gone = await Instance.start('gone');
    await gone.kill();
    const wanted = awaited({ web: [gone] });
    await under.plane.apply({
      ...wanted,
      services: wanted.services.map((service) => ({ ...service, isAwaited: false })),
    });
    expect(await under.ask(WEB)).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
    expect(await endsOf(under)).toEqual({ stopped: 1 });
  });

  it('that changes its profile has its requests wait on', async () => {
    const under = await startPlane();
    await under.plane.apply(awaited({ web: [] }));
    const asked = under.ask(WEB);
    await untilWaiting(under, 1);
    const a = await under.instance('a');
    await under.plane.apply(awaited({ web: [a] }, 'sticky'));
    expect((await asked).body).toBe('a');
  });

  it('that should not run is refused at once', async () => {
    const under = await startPlane();
    await under.plane.apply(wantedOf({ web: [] }));
    expect(await under.ask(WEB)).toMatchObject({
      status: 503,
      body: 'This service has no instance that runs.\n',
    });
    expect(await endsOf(under)).toEqual({});
  });
});

describe('an instance that is away', () => {
  it('while it restarts, its requests wait: none fails, whatever is asked', async () => {
    const under = await startPlane();
    const first = await Instance.start('a');
    await under.plane.apply(awaited({ web: [first] }));
    expect((await under.ask(WEB)).body).toBe('a');
    await first.kill();
    const asked = ['GET', 'POST', 'PUT', 'DELETE'].map((method) =>
      under.ask({ ...WEB, method, body: method === 'GET' ? undefined : 'x' }),
    );
    await untilWaiting(under, 4);
    const again = await Instance.start('a', undefined, first.port);
    onTestFinished(() => again.kill());
    for (const one of await Promise.all(asked)) expect(one).toMatchObject({ status: 200, body: 'a' });
  });

  it('is replaced stop-first under load without a failure', async () => {
    const under = await startPlane();
    let current = await under.instance('a0');
    await under.plane.apply(awaited({ web: [current] }));
    const stream = new Stream({ port: under.port, ...WEB });
    for (let n = 1; n <= 3; n += 1) {
      await stream.on(20);
      await under.plane.apply(awaited({ web: [] }));
      await untilWaiting(under, 4);
      current = await under.instance(`a${n}`);
      await under.plane.apply(awaited({ web: [current] }));
      await until('it to answer', () => stream.answers.get(`a${n}`));
    }
    await stream.stop();
    expect(stream.failures).toEqual([]);
  });

  it('keeps its sticky clients: the cookie is that of the instance, not of the wait', async () => {
    const under = await startPlane();
    await under.plane.apply(awaited({ web: [] }, 'sticky'));
    const asked = under.ask(WEB);
    await untilWaiting(under, 1);
    const [a, b] = [await under.instance('a'), await under.instance('b')];
    await under.plane.apply(awaited({ web: [a, b] }, 'sticky'));
    const first = await asked;
    expect(first.headers['set-cookie']).toHaveLength(1);
    const cookie = String(first.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    for (let n = 0; n < 6; n += 1)
      expect((await under.ask({ ...WEB, headers: { cookie } })).body).toBe(first.body);
    // Nobody can ask for the wait by a cookie.
    const own = await under.ask({ ...WEB, headers: { cookie: 'slipway-server=activator' } });
    expect(own.status).toBe(200);
    expect(await endsOf(under)).toEqual({ passed: 1 });
  });
});

describe('the time that a route allows', () => {
  it('was not that of a request which had waited: an answer that takes longer than is usual comes', async () => {
    const under = await startPlane({ GATEWAY_IDLE_MS: '1000' });
    const routes = (timeoutMs: number) => [{ host: 'web.localhost', path: '/', service: 'web', timeoutMs }];
    const slow = await under.instance('slow', (_, response) => {
      setTimeout(() => response.end('slow'), 1_500);
    });
    await under.plane.apply({ ...awaited({ web: [] }), routes: routes(5_000) });
    const asked = under.ask(WEB);
    await untilWaiting(under, 1);
    await under.plane.apply({ ...awaited({ web: [slow] }), routes: routes(5_000) });
    expect(await asked).toMatchObject({ status: 200, body: 'slow' });
  });

  it('ends a request that has waited, too', async () => {
    const under = await startPlane();
    const routes = [{ host: 'web.localhost', path: '/', service: 'web', timeoutMs: 1_500 }];
    const silent = await under.instance('silent', () => undefined);
    await under.plane.apply({ ...awaited({ web: [] }), routes });
    const asked = under.ask(WEB);
    await untilWaiting(under, 1);
    await under.plane.apply({ ...awaited({ web: [silent] }), routes });
    expect((await asked).status).toBe(504);
  });
});

describe('bounds', () => {
  it('beyond the number of a service, and after the time, the answer is 503 in the form that is asked for', async () => {
    const under = await startPlane({ GATEWAY_WAIT_REQUESTS_PER_SERVICE: '1', GATEWAY_WAIT_MS: '1500' });
    await under.plane.apply(awaited({ web: [], api: [] }));
    const first = under.ask(WEB);
    await untilWaiting(under, 1);
    const refusedAs = async (accept: string) => {
      const { status, headers, body } = await under.ask({ ...WEB, headers: { accept } });
      expect({ status, ...headers }).toMatchObject({
        status: 503,
        'retry-after': '5',
        'cache-control': 'no-store',
      });
      return [headers['content-type'], body.slice(0, 9)];
    };
    expect(await refusedAs('text/html,application/xhtml+xml,*/*;q=0.8')).toEqual([
      'text/html; charset=utf-8',
      '<!doctype',
    ]);
    expect(await refusedAs('application/json')).toEqual(['application/json', '{"code":"']);
    expect(await refusedAs('*/*')).toEqual(['text/plain; charset=utf-8', 'No instan']);
    // Another service has room of its own.
    const other = under.ask({ host: 'api.localhost' });
    await untilWaiting(under, 2);
    expect((await first).status).toBe(503);
    expect((await other).status).toBe(503);
    expect(await endsOf(under)).toEqual({ full: 3, late: 2 });
  });

  it('of all services together hold as well', async () => {
    const under = await startPlane({ GATEWAY_WAIT_REQUESTS: '2', GATEWAY_WAIT_MS: '2000' });
    await under.plane.apply(awaited({ web: [], api: [], chat: [] }));
    const held = [under.ask(WEB), under.ask({ host: 'api.localhost' })];
    await untilWaiting(under, 2);
    expect((await under.ask({ host: 'chat.localhost' })).status).toBe(503);
    await Promise.all(held);
  });

  it('a client that leaves frees its place', async () => {
    const under = await startPlane({ GATEWAY_WAIT_REQUESTS: '1' });
    await under.plane.apply(awaited({ web: [] }));
    for (let n = 0; n < 3; n += 1) {
      const socket = await openSocket(under.port);
      socket.write('GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n');
      await untilWaiting(under, 1);
      socket.destroy();
      await untilWaiting(under, 0);
    }
    expect(await endsOf(under)).toEqual({ left: 3 });
  });

  it('a refused request with a large body heard nothing: HAProxy met the end of the connection before the answer', async () => {
    const under = await startPlane({ GATEWAY_WAIT_MS: '100' });
    await under.plane.apply(awaited({ web: [] }));
    for (let n = 0; n < 8; n += 1) {
      const socket = await openSocket(under.port);
      socket.write(`POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 50000000\r\n\r\n`);
      socket.write(Buffer.alloc(500_000));
      const answer = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      expect(String(answer[0])).toMatch(/^HTTP\/1.1 503 /);
      socket.destroy();
    }
  });
});

it('health checks neither wait nor count as waiting', async () => {
  const under = await startPlane({ GATEWAY_PROBE_PATHS: '/healthz' });
  await under.plane.apply(awaited({ web: [] }));
  for (const [agent, path] of [
    ['kube-probe/1.30', '/'],
    ['ELB-HealthChecker/2.0', '/'],
    ['Mozilla/5.0', '/healthz?full=1'],
  ] as const)
    expect((await under.ask({ ...WEB, path, headers: { 'user-agent': agent } })).status).toBe(503);
  expect(await endsOf(under)).toEqual({ probe: 3 });
});
