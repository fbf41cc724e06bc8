import { expect, it } from 'vitest';
import { endpointOf, gatewayAddressOf, urlsOf } from './gateway-address.js';

const web = { appId: 'shop', service: 'web' };

it.each([
  ['https://example.com', 'https://web.shop.example.com'],
  ['http://localhost:8080', 'http://web.shop.localhost:8080'],
  ['https://example.com:443/', 'https://web.shop.example.com'],
])('an address below %s', (url, own) => {
  expect(urlsOf(web, [], gatewayAddressOf(url))).toEqual([own]);
});

it('routes come before the own address; a pattern has none', () => {
  const routes = [
    { host: '*.shop.org', path: '/' },
    { host: 'shop.org', path: '/api' },
    { host: 'web.shop.example.com', path: '/' },
  ];
  expect(urlsOf(web, routes, gatewayAddressOf('https://example.com'))).toEqual([
    'https://shop.org/api',
    'https://web.shop.example.com',
  ]);
});

it('a worker has no endpoint, and nobody has one where no gateway is known', () => {
  const gateway = gatewayAddressOf('https://example.com');
  expect(endpointOf(web, { port: 80 }, [], gateway)).toEqual({ url: 'https://web.shop.example.com' });
  expect(endpointOf(web, {}, [], gateway)).toBeUndefined();
  expect(endpointOf(web, { port: 80 }, [], undefined)).toBeUndefined();
});
