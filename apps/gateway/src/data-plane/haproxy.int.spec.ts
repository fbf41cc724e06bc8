import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { AccessLog, type RequestLine } from './adapters/access-log.js';
import { filesIn } from './adapters/haproxy-settings.js';
import { RuntimeApi } from './adapters/runtime-api.js';
import { carryOut } from './adapters/runtime-commands.js';
import type { Wanted, WantedServer } from './domain/wanted.js';
import { wantedOf } from './domain/wanted.testing.js';
import { ask, type Instance, Stream } from './haproxy.testing.js';
import { placeOfEachTest } from './haproxy-place.testing.js';

const { here, open, instance, get, bodyOf } = placeOfEachTest();

describe('routes', () => {
  it('lead by host and by the longest path; no route is 404, no instance is 503 with a time to try again', async () => {
    const [a, b, c] = [await instance('a'), await instance('b'), await instance('c')];
    const plane = await open({ pools: { ...here().settings().pools, least: { backends: 4, servers: 2 } } });
    await plane.apply({
      services: wantedOf({ a: [a.wanted()], b: [b.wanted()], c: [c.wanted()], none: [] }).services,
      routes: [
        { host: 'shop.localhost', path: '/', service: 'a' },
        { host: 'shop.localhost', path: '/api', service: 'b' },
        { host: 'shop.localhost', path: '/api/v2', service: 'c' },
        { host: 'none.localhost', path: '/', service: 'none' },
        { host: 'paths.localhost', path: '/only', service: 'a' },
      ],
    });
    const paths = ['/', '/apix', '/api', '/api?x=/api/v2', '/api/v1', '/api/v2', '/api/v2/x', '/api/v20'];
    const answers = await Promise.all(paths.map((path) => bodyOf('shop.localhost', path)));
    expect(answers).toEqual(['a', 'a', 'b', 'b', 'b', 'c', 'c', 'b']);
    expect(await bodyOf(`SHOP.localhost:${here().port}`)).toBe('a');
    for (const [host, path] of [
      ['other.localhost', '/'],
      ['paths.localhost', '/'],
    ] as const)
      expect(await get(host, path)).toMatchObject({ status: 404, body: 'No service has this address.\n' });
    expect(await get('none.localhost')).toMatchObject({
      ...{ status: 503, headers: { 'retry-after': '60', 'content-type': 'text/plain' } },
      body: 'This service has no instance that runs.\n',
    });
    expect(here().troubles).toEqual([]);
  });
});

describe('changes', () => {
  it('of services, instances and weights need no reload, and no request fails meanwhile', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd'].map((name) => instance(name)));
    const [a, b, c, d] = all as [Instance, Instance, Instance, Instance];
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted()] }));
    const stream = new Stream({ port: here().port, host: 'web.localhost' });
    await until('a to answer', () => stream.answers.get('a'));
    await plane.apply(wantedOf({ web: [a.wanted({ weight: 7 }), b.wanted()], api: [c.wanted()] }));
    await until('b to answer', () => stream.answers.get('b'));
    expect(await bodyOf('api.localhost')).toBe('c');
    await plane.apply(wantedOf({ web: [b.wanted()], api: [c.wanted()] }));
    await stream.on(10);
    const before = stream.answers.get('a');
    await stream.on(20);
    expect(stream.answers.get('a')).toBe(before);
    // The slot of a is empty again within seconds.
    await until('d to be carried without a reload', async () => {
      await plane.apply(wantedOf({ web: [b.wanted(), d.wanted()] }));
      return stream.answers.get('d');
    });
    expect((await get('api.localhost')).status).toBe(404);
    await stream.stop();
    expect(stream.failures).toEqual([]);
    expect(plane.counts).toMatchObject({ starts: 1 });
    expect(here().troubles).toEqual([]);
  });

  it('that need larger pools reload it, once a second at most, and no request fails', async () => {
    const a = await instance('a');
    const plane = await open();
    const many = (count: number): Wanted =>
      wantedOf(
        Object.fromEntries(Array.from({ length: count }, (_, n) => [`s${n}`, [a.wanted({ name: `a${n}` })]])),
      );
    await plane.apply(many(2));
    const stream = new Stream({ port: here().port, host: 's0.localhost' });
    const begun = performance.now();
    for (const count of [3, 5, 9]) await plane.apply(many(count));
    expect(performance.now() - begun).toBeGreaterThan(2_000);
    expect(plane.counts).toMatchObject({ starts: 1, reloads: 3 });
    await stream.on(20);
    for (let n = 0; n < 9; n += 1) expect(await bodyOf(`s${n}.localhost`)).toBe('a');
    await stream.stop();
    expect(stream.failures).toEqual([]);
  });

  it('that it refuses are an error with its words, for it answers them as if all were well', async () => {
    const plane = await open();
    await plane.apply(wantedOf({}));
    const api = await RuntimeApi.connect(filesIn(here().folder).runtimeSocket);
    const at = { backend: 'least-9', slot: 1 };
    await expect(
      carryOut(api, [{ kind: 'weigh', at, weight: 1 }], filesIn(here().folder)),
    ).rejects.toMatchObject({
      code: 'HAPROXY_REFUSED',
      message: expect.stringContaining('No such') as string,
    });
    const set = { kind: 'set-route', key: 'gone/', target: 'least-1' } as const;
    await expect(carryOut(api, [set], filesIn(here().folder))).rejects.toMatchObject({
      code: 'HAPROXY_REFUSED',
    });
    api.close();
    await expect(plane.apply(wantedOf({ a: [{ ...server0, address: 'node-1' }] }))).rejects.toMatchObject({
      code: 'NOT_CARRIABLE',
    });
  });
});

const server0: WantedServer = { name: 'i', address: '127.0.0.1', port: 1, weight: 1, state: 'ready' };

describe('an instance that drains', () => {
  it('gets no new request, not on kept connections either, and ends those in flight', async () => {
    const held: ServerResponse[] = [];
    const a = await instance('a', ({ url }, response) => {
      if (url === '/slow') held.push(response);
      else response.end('a');
    });
    const b = await instance('b');
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted()] }));
    const slow = get('web.localhost', '/slow');
    await until('the request to be in flight', () => held.length > 0);
    const stream = new Stream({ port: here().port, host: 'web.localhost' });
    await stream.on(10);
    await plane.apply(wantedOf({ web: [a.wanted({ state: 'drain' }), b.wanted()] }));
    await stream.on(10);
    expect(await plane.busy(['a', 'b', 'unknown'])).toContain('a');
    await plane.apply(wantedOf({ web: [b.wanted()] }));
    await stream.on(10);
    const seen = a.seen.length;
    await stream.on(50);
    expect(a.seen.length).toBe(seen);
    held.forEach((response) => response.end('in the end'));
    expect(await slow).toMatchObject({ status: 200, body: 'in the end' });
    await stream.stop();
    expect(stream.failures).toEqual([]);
    expect(plane.counts.reloads).toBe(0);
  });

  it('had its slot given away while a request was in flight: kept connections led to another service', async () => {
    const held: ServerResponse[] = [];
    const old = await instance('old', ({ url }, response) => {
      if (url === '/slow') held.push(response);
      else response.end('old');
    });
    const [b, other] = [await instance('b'), await instance('other')];
    const plane = await open();
    await plane.apply(wantedOf({ web: [old.wanted()] }));
    await Promise.all(Array.from({ length: 20 }, () => get('web.localhost')));
    const slow = get('web.localhost', '/slow');
    await until('the request to be in flight', () => held.length > 0);
    for (let round = 0; round < 3; round += 1) {
      await plane.apply(wantedOf({ other: [other.wanted()] }));
      for (let n = 0; n < 20; n += 1) expect(await bodyOf('other.localhost')).toBe('other');
      await plane.apply(wantedOf({ web: [b.wanted()], other: [other.wanted()] }));
      for (let n = 0; n < 20; n += 1) expect(await bodyOf('web.localhost')).toBe('b');
    }
    held.forEach((response) => response.end('in the end'));
    expect((await slow).body).toBe('in the end');
  });
});

describe('profiles', () => {
  it('sticky: a client stays with its instance, until that drains', async () => {
    const [a, b] = [await instance('a'), await instance('b')];
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted(), b.wanted()] }, 'sticky'));
    const first = await get('web.localhost');
    const cookie = String(first.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    expect(cookie).toMatch(/^slipway-server=./);
    for (let n = 0; n < 10; n += 1)
      expect((await get('web.localhost', '/', { cookie })).body).toBe(first.body);
    const drains = first.body === 'a' ? a : b;
    const servers = [a, b].map((one) => one.wanted(one === drains ? { state: 'drain' } : {}));
    await plane.apply(wantedOf({ web: servers }, 'sticky'));
    const next = await get('web.localhost', '/', { cookie });
    expect(next.body).toBe(first.body === 'a' ? 'b' : 'a');
  });

  it('weighted: shares follow the weights', async () => {
    const all = await Promise.all(['a', 'b', 'c'].map((name) => instance(name)));
    const weights = [100, 50, 10];
    const plane = await open();
    const servers = all.map((one, index) => one.wanted({ weight: weights[index] }));
    await plane.apply(wantedOf({ web: servers }, 'weighted'));
    for (let n = 0; n < 320; n += 1) await get('web.localhost');
    const shares = all.map(({ seen }, index) => seen.length / (weights[index] ?? 1));
    expect(Math.min(...shares) / Math.max(...shares)).toBeGreaterThan(0.9);
  });
});

describe('an instance that fails', () => {
  it('is left out at once: requests go to the others, whatever their method', async () => {
    const [a, b] = [await instance('a'), await instance('b')];
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted(), b.wanted()] }));
    await b.kill();
    for (let n = 0; n < 20; n += 1)
      for (const method of ['GET', 'POST'])
        expect(await ask({ port: here().port, host: 'web.localhost', method, body: 'x' })).toMatchObject({
          body: 'a',
        });
  });

  it('that breaks off before it answers is asked again only where that can do no harm', async () => {
    let isBroken = true;
    const breaking = await instance('breaking', ({ socket }, response) => {
      if (isBroken) socket.destroy();
      else response.end('breaking');
    });
    const well = await instance('well');
    const plane = await open();
    await plane.apply(wantedOf({ web: [breaking.wanted(), well.wanted()] }));
    for (let n = 0; n < 10; n += 1) expect(await bodyOf('web.localhost')).toBe('well');
    const seen = breaking.seen.length;
    const statuses: number[] = [];
    for (let n = 0; n < 10; n += 1)
      statuses.push(
        (await ask({ port: here().port, host: 'web.localhost', method: 'POST', body: 'x' })).status,
      );
    expect(statuses).toContain(502);
    // Each POST was sent once.
    expect(breaking.seen.length - seen).toBe(statuses.filter((status) => status === 502).length);
    isBroken = false;
  });

  it('with an error of its own stays: its answers are its own', async () => {
    const a = await instance('a', (_, response) => response.writeHead(500).end('mine'));
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted()] }));
    for (let n = 0; n < 20; n += 1)
      expect(await get('web.localhost')).toMatchObject({ status: 500, body: 'mine' });
  });
});

describe('requests', () => {
  const echo = (incoming: IncomingMessage, response: ServerResponse): void => {
    response.end(JSON.stringify(incoming.headers));
  };
  const claims = {
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    'x-request-id': 'mine',
    forwarded: 'for=1.2.3.4',
    proxy: 'http://evil.example',
  };
  const headersSeen = async (trustedProxies: readonly string[]) => {
    const a = await instance('a', echo);
    const plane = await open({ trustedProxies });
    await plane.apply(wantedOf({ web: [a.wanted()] }));
    const answer = await get('web.localhost', '/', claims);
    return { seen: JSON.parse(answer.body) as Record<string, string>, headers: answer.headers };
  };

  it('say who sent them; what a client claims is not believed', async () => {
    const { seen, headers } = await headersSeen([]);
    expect(seen).toMatchObject({
      ...{ host: 'web.localhost', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' },
      ...{ 'x-forwarded-host': 'web.localhost', 'x-forwarded-port': String(here().port) },
    });
    expect(seen).not.toHaveProperty('forwarded');
    expect(seen).not.toHaveProperty('proxy');
    expect(seen['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['x-request-id']).toBe(seen['x-request-id']);
  });

  it('of a proxy that is trusted keep what it says', async () => {
    const { seen } = await headersSeen(['127.0.0.0/8']);
    expect(seen).toMatchObject({
      ...{ 'x-forwarded-for': '1.2.3.4, 127.0.0.1', 'x-forwarded-proto': 'https' },
      ...{ 'x-forwarded-host': 'evil.example', 'x-request-id': 'mine' },
    });
  });

  it('with large bodies pass whole, in both directions', async () => {
    const a = await instance('a', (incoming, response) => incoming.pipe(response));
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted()] }));
    const body = Buffer.alloc(20_000_000, 'slipway ');
    const answer = await ask({ port: here().port, host: 'web.localhost', method: 'POST', body });
    expect(answer.body === body.toString()).toBe(true);
  });

  it('that are answered bit by bit arrive bit by bit, and upgraded connections in both directions', async () => {
    const a = await instance('a', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    });
    a.onUpgrade((_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted()] }));
    const socket = connect(here().port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n');
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString()).toContain('data: 1');
    socket.destroy();
    const upgraded = connect(here().port, '127.0.0.1');
    upgraded.write('GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    const [switched] = (await once(upgraded, 'data')) as [Buffer];
    expect(switched.toString()).toContain('101 Switching Protocols');
    upgraded.write('there and back');
    const [back] = (await once(upgraded, 'data')) as [Buffer];
    expect(back.toString()).toBe('there and back');
    upgraded.destroy();
  });

  it('are logged as JSON, with their instance and without their query, whatever is in them', async () => {
    const lines: RequestLine[] = [];
    const log = await AccessLog.open((line) => lines.push(line));
    try {
      const a = await instance('a');
      const plane = await open({}, log.port);
      await plane.apply(wantedOf({ web: [a.wanted()] }));
      await get('web.localhost', '/quo"te\\?secret=1');
      const line = await until('the line', () => lines[0]);
      expect(line).toMatchObject({
        ...{ client: '127.0.0.1', method: 'GET', host: 'web.localhost', path: '/quo"te\\', status: 200 },
        ...{ backend: 'least-1', server: 's1', ms: expect.any(Number) as number },
      });
      expect(plane.carried.serverAt(String(line['backend']), String(line['server']))).toEqual({
        ...{ service: 'web', instance: 'a' },
      });
    } finally {
      await log.close();
    }
  });
});
