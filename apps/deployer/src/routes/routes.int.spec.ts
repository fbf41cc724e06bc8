import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Page, ServiceRoute, ServiceRoutes, ServiceRoutesChange } from '#libs/contracts';
import { Outbox, type Pool, transaction } from '#libs/postgres';
import { servedController } from '../served-controller.testing.js';
import { releaseWith } from '../task/domain/task.testing.js';
import type { Step } from '../task/ports.js';
import { PostgresRoutes } from './adapters/routes.js';
import { gatewayAddressOf } from './domain/gateway-address.js';
import { RoutesController } from './http.js';
import { ROUTE_RECORD } from './ports.js';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const ADMIN = { authorization: 'Bearer admin' };

let routes: PostgresRoutes;
const served = servedController(RoutesController, (on) => {
  const gateway = gatewayAddressOf('https://example.com');
  routes = new PostgresRoutes({ pool: on, outbox: new Outbox(), clock: { now: () => NOW }, gateway });
  return [{ provide: ROUTE_RECORD, useValue: routes }];
});
const { audited } = served;
let pool: Pool;
beforeAll(() => {
  ({ pool } = served);
});
beforeEach(async () => {
  await pool.query('TRUNCATE specs, service_routes, route_claims, releases, outbox CASCADE');
  for (const of of ['shop/web', 'shop/api', 'blog/web']) await service(of, 8080);
  await service('shop/mailer', undefined);
});

async function service(of: string, port: number | undefined): Promise<void> {
  const [appId, name] = of.split('/');
  const release = { ...releaseWith(of, 1), config: { ...releaseWith(of, 1).config, port } };
  await pool.query(
    'INSERT INTO releases (id, app_id, service, source_digest, release) VALUES ($1, $2, $3, $1, $4)',
    [of, appId, name, release],
  );
  await pool.query(
    `INSERT INTO specs (app_id, service, app_name, revision, state, release_id, count, spec, principal, verified, token,
       changed_at)
     VALUES ($1, $2, $1, 1, 'running', $3, 1, '{}', 'ann', true, 't', now())`,
    [appId, name, of],
  );
}

const at = (...hosts: readonly string[]): ServiceRoute[] => hosts.map((host) => ({ host, path: '/' }));
const ofName = (of: string) => {
  const [appId = '', name = ''] = of.split('/');
  return { appId, service: name };
};
const claim = (of: string, declared: readonly ServiceRoute[], token = `t-${of}`, isDry = false) =>
  routes.claim(
    { ...ofName(of), token, isDry, principal: 'ann', verified: true },
    { routes: declared, traffic: {} },
  );
const end = (of: string, outcome: 'after' | 'before', token = `t-${of}`) =>
  transaction(pool, (tx) =>
    routes.write(tx, {
      state: { ...ofName(of), token, principal: 'ann', verified: true },
      writes: { events: [], sides: [{ kind: 'end-routes', outcome }] },
    } as unknown as Step),
  );
async function deploy(of: string, declared: readonly ServiceRoute[], token = `t-${of}`): Promise<void> {
  await claim(of, declared, token);
  await end(of, 'after', token);
}
async function published(): Promise<readonly ServiceRoutesChange[]> {
  const { rows } = await pool.query<{ data: ServiceRoutesChange }>('SELECT data FROM outbox ORDER BY seq');
  return rows.map(({ data }) => data);
}
async function claims(): Promise<readonly string[]> {
  const { rows } = await pool.query<{ text: string }>(
    `SELECT host || path || ' ' || app_id || '/' || service AS text FROM route_claims ORDER BY 1`,
  );
  return rows.map(({ text }) => text);
}

describe('a deployment', () => {
  it('has what it declares, publishes each change once, and frees what it takes away at its end', async () => {
    await deploy('shop/web', at('a.org', 'b.org'));
    expect(await published()).toMatchObject([
      {
        ...{ appId: 'shop', service: 'web', revision: 1, routes: at('a.org', 'b.org') },
        ...{ principal: 'ann', verified: true, changedAt: NOW.toISOString() },
      },
    ]);
    await claim('shop/web', at('b.org', 'c.org'), 't2');
    expect(await claims()).toEqual(['a.org/ shop/web', 'b.org/ shop/web', 'c.org/ shop/web']);
    await expect(claim('blog/web', at('a.org'))).rejects.toMatchObject({ code: 'ROUTE_TAKEN' });
    await end('shop/web', 'after', 't2');
    expect(await claims()).toEqual(['b.org/ shop/web', 'c.org/ shop/web']);
    expect((await published()).at(-1)).toMatchObject({ revision: 3, routes: at('b.org', 'c.org') });
    await claim('blog/web', at('a.org'));
  });

  it('that fails gives back what it took, and only its own end ends it', async () => {
    await deploy('shop/web', at('a.org'));
    await claim('shop/web', at('c.org'), 't2');
    await end('shop/web', 'before', 'another');
    expect(await claims()).toContain('c.org/ shop/web');
    await end('shop/web', 'before', 't2');
    expect(await claims()).toEqual(['a.org/ shop/web']);
    expect((await published()).at(-1)).toMatchObject({ routes: at('a.org') });
  });

  it('that is only planned is told of a conflict, and takes nothing', async () => {
    await deploy('blog/web', at('taken.org'));
    await expect(claim('shop/web', at('taken.org'), 't', true)).rejects.toMatchObject({
      ...{
        code: 'ROUTE_TAKEN',
        message: 'shop/web cannot have the route taken.org/: blog/web has taken.org/.',
      },
      hint: expect.stringContaining('slipway routes') as string,
    });
    await claim('shop/web', at('free.org'), 't', true);
    expect(await claims()).toEqual(['taken.org/ blog/web']);
  });

  it('beside another of the same host at the same time: one of them has it, and the other is told', async () => {
    for (let round = 0; round < 20; round += 1) {
      const hosts = round % 2 === 0 ? ['x.org', 'x.org', 'x.org'] : ['*.y.org', 'a.y.org', 'b.y.org'];
      const services = ['shop/web', 'shop/api', 'blog/web'].toSorted(() => (round % 3) - 1);
      const ends = await Promise.allSettled(
        services.map((of, index) => claim(of, at(hosts[index] ?? ''), `t${round}-${of}`)),
      );
      const refused = ends.flatMap((one) => (one.status === 'rejected' ? [one.reason as object] : []));
      for (const reason of refused) expect(reason).toMatchObject({ code: 'ROUTE_TAKEN' });
      const claimed = await claims();
      const apps = new Set(claimed.map((text) => text.split(' ')[1]?.split('/')[0]));
      const isShared = round % 2 === 0 || claimed.some((text) => text.startsWith('*.'));
      if (isShared) expect(apps.size, claimed.join()).toBe(1);
      expect(claimed).toHaveLength(services.length - refused.length);
      if (round % 2 === 0) expect(refused).toHaveLength(2);
      await pool.query('TRUNCATE service_routes, route_claims');
    }
  });

  it('shares a host with services of its application, by paths, and with nobody else', async () => {
    await deploy('shop/web', at('shop.org'));
    await deploy('shop/api', [{ host: 'shop.org', path: '/api' }]);
    for (const host of ['shop.org', 'web.shop.example.com', 'other.shop.example.com', '*.example.com'])
      await expect(claim('blog/web', [{ host, path: '/blog' }]), host).rejects.toMatchObject({
        code: 'ROUTE_TAKEN',
      });
    await expect(claim('shop/api', at('web.shop.example.com'))).rejects.toMatchObject({
      message: expect.stringContaining('it is the address of shop/web') as string,
    });
  });
});

type Said = ServiceRoutes & { readonly code: string; readonly message: string };

async function call(method: string, of: string, body?: object, headers: object = {}) {
  const response = await fetch(
    `${await served.url()}/v1/apps/${ofName(of).appId}/services/${ofName(of).service}/routes`,
    {
      method,
      headers: { ...ADMIN, ...(body && { 'content-type': 'application/json' }), ...headers },
      body: body && JSON.stringify(body),
    },
  );
  return {
    ...{ status: response.status, etag: String(response.headers.get('etag')) },
    said: (await response.json()) as Said,
  };
}

describe('over HTTP', () => {
  it('routes are read, set and taken back, with who did it', async () => {
    await deploy('shop/web', at('a.org'));
    const first = await call('GET', 'shop/web');
    expect(first.said).toMatchObject({
      ...{ url: 'https://a.org', urls: ['https://a.org', 'https://web.shop.example.com'] },
      ...{ routes: at('a.org'), declared: at('a.org'), setBy: 'config.json' },
      changed: { at: NOW.toISOString(), principal: 'ann', verified: true },
    });
    const set = await call('PUT', 'shop/web', { routes: [{ host: 'b.org', path: '/b/', strip: true }] });
    expect(set.said).toMatchObject({
      ...{ routes: [{ host: 'b.org', path: '/b', strip: true }], setBy: 'api' },
      changed: { principal: 'api-token' },
    });
    expect(await claims()).toEqual(['b.org/b shop/web']);
    expect((await published()).at(-1)).toMatchObject({ principal: 'api-token', routes: [{ path: '/b' }] });
    await deploy('shop/web', at('a.org'), 't2');
    expect((await call('GET', 'shop/web')).said.setBy).toBe('api');
    expect((await call('DELETE', 'shop/web')).said).toMatchObject({
      routes: at('a.org'),
      setBy: 'config.json',
    });
    expect(audited.map(({ method, outcome }) => `${method} ${outcome}`)).toEqual(['PUT done', 'DELETE done']);
  });

  it('who changes what others changed meanwhile is told so', async () => {
    const { etag } = await call('GET', 'shop/web');
    const set = await call('PUT', 'shop/web', { routes: at('a.org') }, { 'if-match': etag });
    expect(set.status).toBe(200);
    const late = await call('PUT', 'shop/web', { routes: at('b.org') }, { 'if-match': etag });
    expect([late.status, late.said.code]).toEqual([412, 'ROUTES_CHANGED']);
    expect((await call('DELETE', 'shop/web', undefined, { 'if-match': etag })).status).toBe(412);
    const next = await call('PUT', 'shop/web', { routes: at('b.org') }, { 'if-match': set.etag });
    expect([next.status, next.said.routes]).toEqual([200, at('b.org')]);
  });

  it('what cannot be is refused: another’s route, a worker, a bad one, an unknown service, a reader', async () => {
    await deploy('blog/web', at('taken.org'));
    const refused = [
      [await call('PUT', 'shop/web', { routes: at('taken.org') }), 409, 'ROUTE_TAKEN'],
      [await call('PUT', 'shop/mailer', { routes: at('a.org') }), 400, 'INPUT_INVALID'],
      [await call('PUT', 'shop/web', { routes: [{ host: 'A.org' }] }), 400, 'INPUT_INVALID'],
      [await call('PUT', 'shop/web', {}), 400, 'INPUT_INVALID'],
      [await call('PUT', 'shop/gone', { routes: [] }), 404, 'SERVICE_UNKNOWN'],
      [await call('GET', 'shop/gone'), 404, 'SERVICE_UNKNOWN'],
      [await call('DELETE', 'shop/web', undefined, { authorization: 'Bearer read' }), 403, 'ROLE_MISSING'],
    ] as const;
    for (const [{ status, said }, expectedStatus, code] of refused)
      expect([status, said.code]).toEqual([expectedStatus, code]);
    expect(refused[2][0].said.message).toContain('routes[0].host: expected a host name in lower case');
    expect(await claims()).toEqual(['taken.org/ blog/web']);
  });

  it('a route beyond the header names that a gateway carries is refused with what is new', async () => {
    const headers = (prefix: string, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}-${n}`, '1']));
    const routes = (prefix: string, more: object = {}) =>
      [1, 2, 3].map((n) => ({ host: `${prefix}${n}.org`, headers: headers(`X-${prefix}${n}`, 20), ...more }));
    expect((await call('PUT', 'blog/web', { routes: routes('a') })).status).toBe(200);
    const { status, said } = await call('PUT', 'shop/web', {
      routes: [{ host: 'b.org', headers: { 'x-A1-0': '1', ...headers('X-b', 5) } }],
    });
    expect([status, said.code]).toEqual([409, 'ROUTE_HEADERS']);
    expect(said.message).toContain('headers of 65 names');
    const fits = { routes: [{ host: 'b.org', headers: { 'x-A1-0': '1', ...headers('X-b', 4) } }] };
    expect((await call('PUT', 'shop/web', fits)).status).toBe(200);
    // Its own names are not counted twice.
    expect((await call('PUT', 'shop/web', fits)).status).toBe(200);
  });

  it('all services are listed, page by page, and a worker has no address', async () => {
    const seen: string[] = [];
    let after = '';
    do {
      const response = await fetch(`${await served.url()}/v1/routes?limit=1${after}`, { headers: ADMIN });
      const page = (await response.json()) as Page<ServiceRoutes>;
      seen.push(...page.items.map(({ appId, service: name, url }) => `${appId}/${name} ${url}`));
      after = page.next === undefined ? '' : `&after=${page.next}`;
    } while (after !== '');
    expect(seen).toEqual([
      'blog/web https://web.blog.example.com',
      'shop/api https://api.shop.example.com',
      'shop/mailer undefined',
      'shop/web https://web.shop.example.com',
    ]);
  });
});
