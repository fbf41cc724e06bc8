import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import type { Wanted } from './domain/wanted.js';
import { wantedOf } from './domain/wanted.testing.js';
import type { Instance } from './haproxy.testing.js';
import { startPlane } from './plane.testing.js';

/** One service that is cached, or several. */
const cached = (services: Readonly<Record<string, readonly Instance[]>>, version = 'r1'): Wanted => {
  const { routes, ...wanted } = wantedOf(
    Object.fromEntries(Object.entries(services).map(([id, all]) => [id, all.map((one) => one.wanted())])),
    'least',
    (id) => `${id.slice(5)}.localhost`,
  );
  return { routes, services: wanted.services.map((service) => ({ ...service, cache: { version } })) };
};

/** An instance that numbers its answers. Each has the headers that its query says. */
async function start(env: Readonly<Record<string, string>> = {}) {
  const under = await startPlane({ GATEWAY_TRUSTED_PROXIES: '10.0.0.0/8', ...env });
  let count = 0;
  const answering = (name: string) =>
    under.instance(name, ({ url = '', method, headers }, response) => {
      count += 1;
      const { searchParams } = new URL(url, 'http://x');
      const { status = '200', size = '0', ...more } = Object.fromEntries(searchParams);
      response.writeHead(Number(status), { 'cache-control': 'max-age=60', ...more });
      const seen = `${headers.host} ${String(headers['x-forwarded-host'])} ${url}`;
      response.end(method === 'HEAD' ? '' : `${name} ${count} ${seen}${'.'.repeat(Number(size))}`);
    });
  const web = await answering('web-a');
  await under.plane.apply(cached({ 'shop/web': [web] }));
  const get = (query: string, headers: Record<string, string> = {}, method = 'GET', host = 'web.localhost') =>
    under.ask({ host, path: `/${query}`, headers, method });
  /** Whether the second of two requests is answered from the cache. */
  const isKept = async (query: string, headers: Record<string, string> = {}): Promise<boolean> => {
    const first = await get(query, headers);
    const next = await get(query, headers);
    expect(next.status).toBe(first.status);
    return next.body === first.body;
  };
  return { under, web, answering, get, isKept };
}

describe('an answer', () => {
  it('is kept where it says for how long, with its age', async () => {
    const { get } = await start();
    const first = await get('a');
    const next = await get('a');
    expect(next.body).toBe(first.body);
    expect(Number(next.headers.age)).toBeLessThan(5);
    expect(first.headers.age).toBeUndefined();
    // Each answer is that of its own request.
    expect(next.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect((await get('b')).body).not.toBe(first.body);
  });

  it('is kept only by what it says', async () => {
    const { isKept } = await start();
    const said: Readonly<Record<string, boolean>> = {
      ...{ '?cache-control=public,max-age=60': true, '?cache-control=s-maxage=60': true },
      ...{ '?cache-control=Max-Age=60': true, '?cache-control=max-age=60,must-revalidate': true },
      ...{ '?cache-control=no-store,max-age=60': false, '?cache-control=no-cache,max-age=60': false },
      ...{ '?cache-control=private,max-age=60': false, '?cache-control=max-age=0': false },
      ...{ '?cache-control=max-age=60,s-maxage=0': false, '?cache-control=public': false },
      ...{ '?cache-control=max-age=0,s-maxage=60': false, '?cache-control=x-max-age=60': false },
      // An ETag alone says no age.
      ...{ '?cache-control=public&etag=%22x%22': false, '?set-cookie=a=1': false },
      ...{
        '?vary=*': false,
        '?vary=Accept-Language': false,
        '?vary=Cookie': false,
        '?vary=Accept-Encoding': true,
      },
      ...{ '?status=404': false, '?status=301': false, '?status=500': false },
      // As old as it may be.
      '?age=61': false,
    };
    const found = Object.fromEntries(
      await Promise.all(Object.keys(said).map(async (query) => [query, await isKept(query)] as const)),
    );
    expect(found).toEqual(said);
  });

  it('to a request with an Authorization, or for a part, is neither kept nor taken from there', async () => {
    const { get, isKept } = await start();
    const asking: readonly Record<string, string>[] = [
      { authorization: 'Basic eA==' },
      { range: 'bytes=0-1' },
    ];
    for (const headers of asking) {
      const plain = await get('a');
      expect((await get('a', headers)).body).not.toBe(plain.body);
      expect(await isKept('b?status=206', headers)).toBe(false);
      expect(await isKept('c?cache-control=public,max-age=60', headers)).toBe(false);
    }
  });

  it('that was made for one user, and not called so, went to others: with cookies it must be said to be for all', async () => {
    const { get, isKept } = await start();
    const cookie = { cookie: 'session=1' };
    expect(await isKept('a', cookie)).toBe(false);
    const anonymous = await get('a');
    expect((await get('a', cookie)).body).not.toBe(anonymous.body);
    expect(await isKept('b?cache-control=public,max-age=60', cookie)).toBe(true);
    expect(await isKept('c?cache-control=s-maxage=60', { cookie: 'other=2' })).toBe(true);
  });

  it('that is encoded goes to those who can read it', async () => {
    const { get } = await start();
    const query = 'a?vary=accept-encoding&content-encoding=gzip';
    const zipped = await get(query, { 'accept-encoding': 'gzip' });
    expect((await get(query, { 'accept-encoding': 'gzip' })).body).toBe(zipped.body);
    for (const headers of [{ 'accept-encoding': 'identity' }, { 'accept-encoding': 'br' }])
      expect((await get(query, headers)).body).not.toBe(zipped.body);
  });

  it('that is encoded went to clients that name no encoding, which HAProxy takes for any', async () => {
    const { get } = await start();
    const query = 'a?vary=accept-encoding&content-encoding=gzip';
    const zipped = await get(query, { 'accept-encoding': 'gzip' });
    expect((await get(query)).body).not.toBe(zipped.body);
  });

  it('is not sent again to a client that has it', async () => {
    const { get, web } = await start();
    await get('a?etag=%22x%22');
    const asked = web.seen.length;
    expect(await get('a?etag=%22x%22', { 'if-none-match': '"x"' })).toMatchObject({ status: 304, body: '' });
    expect(await get('a?etag=%22x%22', { 'if-none-match': '"y"' })).toMatchObject({ status: 200 });
    expect(web.seen.length).toBe(asked);
  });

  it('to a HEAD has no body, and is not kept as if it were that of a GET', async () => {
    const { get, web } = await start();
    await get('a', {}, 'HEAD');
    const first = await get('a');
    expect(first.body).toContain('/a');
    const asked = web.seen.length;
    expect(await get('a', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(web.seen.length).toBe(asked);
  });

  it('to another method is always that of an instance', async () => {
    const { under, web } = await start();
    const path = '/a?cache-control=public,max-age=60';
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'GET'])
      for (let n = 0; n < 2; n += 1) await under.ask({ host: 'web.localhost', path, method });
    expect(web.seen.map(({ method }) => method)).toEqual([
      ...['POST', 'POST', 'PUT', 'PUT', 'DELETE', 'DELETE', 'OPTIONS', 'OPTIONS', 'GET'],
    ]);
  });

  it('that is larger than may be kept is not, and the others fit into what there is', async () => {
    const { isKept, get, web } = await start({
      GATEWAY_CACHE_BYTES: '1048576',
      GATEWAY_CACHE_OBJECT_BYTES: '50000',
    });
    expect(await isKept('large?size=60000')).toBe(false);
    for (let n = 0; n < 60; n += 1) await get(`n${n}?size=40000`);
    // The oldest have made room.
    const asked = web.seen.length;
    await get('n59?size=40000');
    expect(web.seen.length).toBe(asked);
    await get('n0?size=40000');
    expect(web.seen.length).toBe(asked + 1);
  });
});

describe('what a stranger sends', () => {
  it('stays out of the answers of others', async () => {
    const { get, web } = await start();
    const poison: readonly Record<string, string>[] = [
      { 'x-forwarded-host': 'evil.example' },
      { 'x-original-url': '/admin' },
      { 'x-rewrite-url': '/admin' },
      { 'x-http-method-override': 'POST' },
      { 'X-Host': 'evil.example' },
    ];
    for (const [n, headers] of poison.entries()) {
      const before = await get(`p${n}`, headers);
      const after = await get(`p${n}`);
      expect(after.body).not.toContain('evil.example');
      // The first of these is replaced, so it does no harm.
      if (n > 0) expect(after.body, JSON.stringify(headers)).not.toBe(before.body);
    }
    for (const name of ['x-forwarded-prefix', 'x-forwarded-scheme', 'x-real-ip']) {
      await get(name, { [name]: 'evil' });
      expect(web.seen.at(-1)?.headers, 'it is taken out before it does any harm').not.toHaveProperty(name);
    }
    const asked = web.seen.length;
    await get('host', {}, 'GET', 'WEB.localhost:99');
    expect((await get('host')).body).not.toContain('WEB.localhost:99');
    expect(web.seen.length).toBe(asked + 2);
  });

  it('in its body is no part of an answer of others', async () => {
    const { under, get } = await start();
    const headers = { 'content-length': '6' };
    const fat = await under.ask({
      host: 'web.localhost',
      path: '/fat',
      method: 'GET',
      headers,
      body: 'x=evil',
    });
    expect((await get('fat')).body).not.toBe(fat.body);
  });

  it('as an absolute address leads to the service of that address, or nowhere', async () => {
    const { under, get } = await start();
    const plain = await get('abs');
    const send = async (host: string): Promise<string> => {
      const socket = connect(under.port, '127.0.0.1');
      socket.write(`GET http://web.localhost/abs HTTP/1.1
Host: ${host}
Connection: close

`);
      return text(socket);
    };
    expect(await send('evil.example')).toMatch(/^HTTP\/1.1 400 /);
    expect(await send('web.localhost')).toMatch(/^HTTP\/1.1 200 /);
    expect((await get('abs')).body).toBe(plain.body);
  });

  it('cannot ask for an answer of another version or service by a path', async () => {
    const { get } = await start();
    const first = await get('a');
    for (const path of ['r1//http//web.localhost/a', '/r1//http//web.localhost/a'])
      expect((await get(path)).body).not.toBe(first.body);
  });
});

describe('a release', () => {
  it('empties what is kept of its service, at once and of no other', async () => {
    const { under, web, answering, get } = await start();
    const api = await answering('api-a');
    await under.plane.apply(cached({ 'shop/web': [web], 'shop/api': [api] }));
    const other = await get('x', {}, 'GET', 'api.localhost');
    const first = await get('a');
    const next = await answering('web-b');
    const wanted = cached({ 'shop/web': [next], 'shop/api': [api] });
    await under.plane.apply({
      ...wanted,
      services: wanted.services.map((one) =>
        one.id === 'shop/web' ? { ...one, cache: { version: 'r2' } } : one,
      ),
    });
    expect((await get('a')).body).toMatch(/^web-b /);
    expect(first.body).toMatch(/^web-a /);
    expect((await get('x', {}, 'GET', 'api.localhost')).body).toBe(other.body);
    const reloads = await under.metric('slipway_gateway_haproxy_reloads_total');
    expect(reloads.map((line) => Number(line.split(' ')[1]))).toEqual([0]);
  });

  it('does not get answers that the release before gives late', async () => {
    const { under, get, answering } = await start();
    let finish: (() => void) | undefined;
    const slow = await under.instance('slow', (_, response) => {
      finish = () => response.writeHead(200, { 'cache-control': 'public,max-age=60' }).end('old');
    });
    await under.plane.apply(cached({ 'shop/web': [slow] }, 'r1'));
    const late = get('late');
    await until('the request to be in flight', () => finish);
    const next = await answering('new');
    await under.plane.apply(cached({ 'shop/web': [next] }, 'r2'));
    finish?.();
    expect((await late).body).toBe('old');
    expect((await get('late')).body).toMatch(/^new /);
  });
});

it('hits and misses are counted by service, and a service without a cache has none', async () => {
  const { under, get, answering } = await start();
  const plain = await answering('plain');
  const { services, routes } = wantedOf({ 'shop/plain': [plain.wanted()] }, 'least', () => 'plain.localhost');
  const before = cached({ 'shop/web': [await answering('web')] });
  await under.plane.apply({
    services: [...before.services, ...services],
    routes: [...before.routes, ...routes],
  });
  for (let n = 0; n < 4; n += 1) {
    await get('a');
    await get('a', {}, 'GET', 'plain.localhost');
  }
  const counts = async () =>
    (await under.metric('slipway_gateway_cache_requests_total')).map((line) =>
      line
        .replace(/^.*\{(.*)\}/, '$1')
        .replaceAll('"', '')
        .replace(/,?app=gateway/, ''),
    );
  await until('all lines', async () => (await counts()).includes('app_id=shop,service=web,result=hit 3'));
  expect(await counts()).toEqual([
    'app_id=shop,service=web,result=hit 3',
    'app_id=shop,service=web,result=miss 1',
  ]);
  await until('four requests of each service', async () => {
    const lines = await under.metric('slipway_gateway_requests_total');
    return lines.filter((line) => line.endsWith(' 4')).length === 2;
  });
});
