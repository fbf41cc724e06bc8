import { expect, it } from 'vitest';
import type { ServiceRoutes } from '#libs/contracts';
import { placeOf, routeLines } from './route-lines.js';

const web: ServiceRoutes = {
  ...{ appId: 'shop', service: 'web', declared: [], setBy: 'api', traffic: {} },
  routes: [
    { host: 'shop.org', path: '/api', strip: true, headers: { 'X-Tenant': 'hidden' }, timeoutMs: 500 },
    { host: '*.shop.org', path: '/' },
  ],
  ...{ url: 'https://shop.org/api', urls: ['https://shop.org/api', 'https://web.shop.example.com'] },
};

it('each route has a row, then the own address; a pattern is no URL, and values of headers are not shown', () => {
  expect(routeLines([web])).toEqual([
    'APP   SERVICE  ADDRESS                       STRIP  HEADERS   TIMEOUT  SET BY',
    'shop  web      https://shop.org/api          yes    X-Tenant  500 ms   the API',
    'shop  web      *.shop.org                    -      -         -        the API',
    'shop  web      https://web.shop.example.com  -      -         -        default',
  ]);
});

it('where no gateway is known, routes are shown as they were written', () => {
  expect(routeLines([{ ...web, url: undefined, urls: [] }]).slice(1)).toEqual([
    'shop  web      shop.org/api  yes    X-Tenant  500 ms   the API',
    'shop  web      *.shop.org    -      -         -        the API',
  ]);
});

it.each([
  ['shop.org', { host: 'shop.org' }],
  ['shop.org/', { host: 'shop.org', path: '/' }],
  ['shop.org/a/b', { host: 'shop.org', path: '/a/b' }],
])('%s is a route', (text, route) => {
  expect(placeOf(text)).toEqual(route);
});
