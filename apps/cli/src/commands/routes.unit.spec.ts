import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { ServiceRoute, ServiceRoutes } from '#libs/contracts';
import { Output } from '../output.js';
import { runProgram } from '../program.js';

const shown = (routes: readonly ServiceRoute[], more: Partial<ServiceRoutes> = {}): ServiceRoutes => ({
  ...{ appId: 'shop', service: 'web', declared: [], setBy: 'api', traffic: {} },
  ...{ routes: [...routes], url: 'https://web.shop.example.com', urls: ['https://web.shop.example.com'] },
  ...more,
});

/** A deployer with these services; what it was asked is kept. */
let services: ServiceRoutes[];
let asked: {
  readonly method: string;
  readonly url: string;
  readonly ifMatch?: string;
  readonly body: string;
}[];
let server: Server;
const etagOf = (text: string): string => `"${createHash('sha256').update(text).digest('hex')}"`;

beforeAll(async () => {
  server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = Buffer.concat(parts).toString();
      const { method = '', url = '', headers } = request;
      asked.push({ method, url, ifMatch: headers['if-match'], body });
      if (method === 'PUT') services = [shown((JSON.parse(body) as { routes: ServiceRoute[] }).routes)];
      if (method === 'DELETE') services = [shown([], { setBy: 'config.json' })];
      const text = JSON.stringify(url.startsWith('/v1/routes') ? { items: services } : services[0]);
      response.setHeader('etag', etagOf(text)).setHeader('content-type', 'application/json').end(text);
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
beforeEach(() => {
  [services, asked] = [[shown([{ host: 'a.org', path: '/' }])], []];
  vi.stubEnv('SLIPWAY_DEPLOYER_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('SLIPWAY_API_TOKEN', 'token');
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => server.close().closeAllConnections());

async function slipway(...words: string[]) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const streams = { out, err } as unknown as Record<'out' | 'err', NodeJS.WriteStream>;
  let code: number | undefined;
  await runProgram(words, {
    outputFor: (json) => new Output({ json, ...streams }),
    finish: (ended) => (code = ended),
    interrupted: () => new Promise(() => undefined),
    standardInput: () => Promise.resolve(''),
    askHidden: undefined,
  });
  return { code, out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

it('routes lists where services are reached', async () => {
  const { code, out } = await slipway('routes', 'shop');
  expect([code, asked[0]?.url]).toEqual([0, '/v1/routes?appId=shop']);
  expect(out).toContain('shop  web      a.org ');
  expect(JSON.parse((await slipway('routes', '--json')).out)).toMatchObject([{ service: 'web' }]);
});

it('routes remove takes away one that could not be added any more', async () => {
  services = [shown([{ host: 'localhost', path: '/' }])];
  expect(await slipway('routes', 'remove', 'shop', 'web', 'localhost/')).toMatchObject({ code: 0 });
  expect(services[0]?.routes).toEqual([]);
});

it('routes add adds one, or changes the one of its place, and only of what it saw', async () => {
  const words = ['shop', 'web', 'b.org/api/', '--strip', '--header', 'X-A=b=c', '--timeout', '500'];
  expect(await slipway('routes', 'add', ...words)).toMatchObject({ code: 0, err: '' });
  const added = { host: 'b.org', path: '/api', strip: true, headers: { 'X-A': 'b=c' }, timeoutMs: 500 };
  expect(JSON.parse(String(asked[1]?.body))).toEqual({ routes: [{ host: 'a.org', path: '/' }, added] });
  expect(asked[1]).toMatchObject({
    ...{ method: 'PUT', url: '/v1/apps/shop/services/web/routes' },
    ifMatch: etagOf(JSON.stringify(shown([{ host: 'a.org', path: '/' }]))),
  });
  await slipway('routes', 'add', 'shop', 'web', 'b.org/api');
  expect(services[0]?.routes).toEqual([
    { host: 'a.org', path: '/' },
    { host: 'b.org', path: '/api' },
  ]);
});

it('routes remove and reset take routes away', async () => {
  expect(await slipway('routes', 'remove', 'shop', 'web', 'gone.org')).toMatchObject({
    ...{ code: 1, err: expect.stringContaining('ROUTE_NOT_FOUND') as string },
  });
  await slipway('routes', 'remove', 'shop', 'web', 'a.org');
  expect(services[0]?.routes).toEqual([]);
  await slipway('routes', 'reset', 'shop', 'web');
  expect(asked.at(-1)?.method).toBe('DELETE');
});

it.each([
  [['A.org'], 'host: expected a host name in lower case'],
  [['a.org', '--strip'], 'strip: expected a path other than / beside it'],
  [['a.org', '--header', 'X'], '--header: expected NAME=VALUE'],
  [['a.org', '--header', 'Host=x'], 'headers.Host: expected the name of a request header'],
  [['a.org', '--timeout', '0'], '--timeout is "0"'],
])('routes add %j is refused before anybody is asked', async (words, said) => {
  const { code, err } = await slipway('routes', 'add', 'shop', 'web', ...words);
  expect(code).toBe(2);
  expect(err).toContain(said);
  expect(asked).toEqual([]);
});

it('open prints the address of app-server, or of the only service that has one', async () => {
  expect(await slipway('open', 'shop')).toEqual({ code: 0, out: 'https://web.shop.example.com\n', err: '' });
  services.push(shown([], { service: 'app-server', url: 'https://shop.example.com' }));
  expect((await slipway('open', 'shop', '--print')).out).toBe('https://shop.example.com\n');
  expect(JSON.parse((await slipway('open', 'shop', '--json')).out)).toEqual({
    ...{ appId: 'shop', service: 'app-server', url: 'https://shop.example.com' },
  });
});

it.each([
  [[], 'SERVICE_UNKNOWN'],
  [[shown([], { url: undefined })], 'ADDRESS_UNKNOWN'],
  [[shown([]), shown([], { service: 'api' })], 'SERVICE_UNCLEAR'],
])('open says why there is nothing to open: %#', async (known, code) => {
  services = known;
  const ended = await slipway('open', 'shop');
  expect([ended.code, ended.err.split(' ')[0]]).toEqual([1, code]);
});
